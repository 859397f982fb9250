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
    var products = [Double](repeating: 0, count: x.rows * y.rows)
    Workers.alone {
      copenblas_dgemm(
        false, true, Int32(x.rows), Int32(y.rows), Int32(x.depth), gamma ?? 1 / Double(x.depth),
        x.values, Int32(x.depth), y.values, Int32(x.depth), 0, &products, Int32(y.rows))
    }
    var sum = 0.0
    for i in 0..<x.rows {
      var row = 0.0
      for j in 0..<(belowDiagonal ? i : y.rows) {
        let base = products[i * y.rows + j] + offset
        var power = base
        for _ in 1..<degree { power *= base }
        row += power
      }
      sum += row
    }
    return sum
  }
}
