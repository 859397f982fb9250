import COpenBLAS

/// k(x, y) = (γ·xᵀy + c)^degree.
public struct PolynomialKernel: Sendable, Hashable {
  public var degree: Int
  /// 1/d where nil.
  public var gamma: Double?
  public var offset: Double

  /// - Parameter degree: at least 1.
  public init(degree: Int = 3, gamma: Double? = nil, offset: Double = 1) {
    self.degree = degree
    self.gamma = gamma
    self.offset = offset
  }
}

extension PolynomialKernel {
  private static let side = 256

  /// Σ over all pairs of rows of the two sets.
  func sum(_ x: FeatureMatrix, _ y: FeatureMatrix, parallel: Bool) throws -> Double {
    let strips = (x.rows + Self.side - 1) / Self.side
    return try total(strips, parallel) { strip in
      let left = Strip(x, strip)
      return stride(from: 0, to: y.rows, by: Self.side).reduce(0) { sum, first in
        sum + tile(left, Strip(y, first / Self.side), belowDiagonal: false)
      }
    }
  }

  /// Σ over all ordered pairs of different rows of one set: twice those of one order.
  func sum(_ x: FeatureMatrix, parallel: Bool) throws -> Double {
    let strips = (x.rows + Self.side - 1) / Self.side
    let sum = try total(strips, parallel) { strip in
      let left = Strip(x, strip)
      return (0...strip).reduce(0) { sum, other in
        sum + tile(left, other == strip ? left : Strip(x, other), belowDiagonal: other == strip)
      }
    }
    return 2 * sum
  }

  /// The strips' sums, added in order whoever computed them.
  private func total(_ strips: Int, _ parallel: Bool, _ strip: @Sendable (Int) -> Double) throws
    -> Double
  {
    let sums = parallel ? try Workers.map(strips, strip) : (0..<strips).map(strip)
    return sums.reduce(0, +)
  }

  /// Up to `side` rows in double precision.
  private struct Strip {
    let rows: Int
    let depth: Int
    let values: [Double]

    init(_ set: FeatureMatrix, _ index: Int) {
      let first = index * side
      rows = min(side, set.rows - first)
      depth = set.columns
      values = set.values[first * depth..<(first + rows) * depth].map(Double.init)
    }
  }

  private func tile(_ x: Strip, _ y: Strip, belowDiagonal: Bool) -> Double {
    let values = values(x, y)
    var sum = 0.0
    for i in 0..<x.rows {
      var row = 0.0
      for j in 0..<(belowDiagonal ? i : y.rows) { row += values[i * y.rows + j] }
      sum += row
    }
    return sum
  }

  /// k of all pairs, (rows of x, rows of y).
  private func values(_ x: Strip, _ y: Strip) -> [Double] {
    var products = [Double](repeating: 0, count: x.rows * y.rows)
    Workers.alone {
      copenblas_dgemm(
        false, true, Int32(x.rows), Int32(y.rows), Int32(x.depth), gamma ?? 1 / Double(x.depth),
        x.values, Int32(x.depth), y.values, Int32(x.depth), 0, &products, Int32(y.rows))
    }
    for index in products.indices {
      let base = products[index] + offset
      var power = base
      for _ in 1..<degree { power *= base }
      products[index] = power
    }
    return products
  }
}

extension PolynomialKernel {
  /// Σ_j k(x_i, y_j) for each row of x.
  func rowSums(_ x: FeatureMatrix, _ y: FeatureMatrix) throws -> [Double] {
    let parts = try Workers.map((x.rows + Self.side - 1) / Self.side) { strip in
      let left = Strip(x, strip)
      var sums = [Double](repeating: 0, count: left.rows)
      for first in stride(from: 0, to: y.rows, by: Self.side) {
        let right = Strip(y, first / Self.side)
        let values = values(left, right)
        for i in 0..<left.rows {
          for j in 0..<right.rows { sums[i] += values[i * right.rows + j] }
        }
      }
      return sums
    }
    return parts.flatMap { $0 }
  }

  /// Σ_i Σ_j w_i·w_j·k(x_i, x_j) over pairs of different places, where row i has w_i places: rows
  /// that repeat make pairs with themselves.
  /// - Parameter weights: (B, rows), whole numbers; a sum is given for each of the B.
  func weightedSums(_ x: FeatureMatrix, weights: [Double], count: Int) throws -> [Double] {
    let n = x.rows
    let parts = try Workers.map((n + Self.side - 1) / Self.side) { strip in
      let left = Strip(x, strip)
      let row = strip * Self.side
      var sums = [Double](repeating: 0, count: count)
      for other in 0...strip {
        let isDiagonal = other == strip
        let right = isDiagonal ? left : Strip(x, other)
        let column = other * Self.side
        let kernel = values(left, right)
        var products = [Double](repeating: 0, count: count * right.rows)
        weights.withUnsafeBufferPointer { weights in
          guard let start = weights.baseAddress else { return }
          Workers.alone {
            copenblas_dgemm(
              false, false, Int32(count), Int32(right.rows), Int32(left.rows), 1, start + row,
              Int32(n), kernel, Int32(right.rows), 0, &products, Int32(right.rows))
          }
        }
        for b in 0..<count {
          var sum = 0.0
          for j in 0..<right.rows {
            sum += products[b * right.rows + j] * weights[b * n + column + j]
          }
          // Below the diagonal stands every pair once; on it those of a place with itself.
          sums[b] += isDiagonal ? sum : 2 * sum
          guard isDiagonal else { continue }
          for j in 0..<right.rows {
            sums[b] -= weights[b * n + column + j] * kernel[j * right.rows + j]
          }
        }
      }
      return sums
    }
    return parts.reduce(into: [Double](repeating: 0, count: count)) { total, part in
      for b in total.indices { total[b] += part[b] }
    }
  }
}
