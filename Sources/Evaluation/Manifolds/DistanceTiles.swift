import CPUExecutor
import Diagnostics
import TensorGraph

/// Squared distances |u|² − 2·uᵀv + |v|² between the rows of two sets, or of one set, in
/// float32 and tile by tile, so that memory does not grow with the number of pairs.
///
/// That is the expression of ADM's evaluator and of the paper on improved precision and recall.
/// It loses the digits that |u|² and the distance do not share, so two things are added which
/// change no distance but those digits: rows are taken around the first set's mean, and
/// distances below a thousandth of |u|² + |v|² are summed over the differences instead. Equal
/// rows have the distance 0, exactly.
struct DistanceTiles {
  /// The most rows and columns of a tile: with 2048 features its product takes 10 ms and its
  /// memory 9 MiB.
  private static let maximalSide = 512
  /// More would take more than 300 MiB, whatever the machine's cores.
  private static let maximalWorkers = 32

  private let rows: CentredSet
  private let columns: CentredSet
  private let isSymmetric: Bool
  /// Small sets, such as single classes, have small tiles.
  private let side: Int

  /// Of the pairs of one set; each unordered pair comes once, in a tile on or above the
  /// diagonal.
  init(_ set: FeatureMatrix) throws {
    let centre = set.mean(.double).map { Float($0) }
    rows = try CentredSet(set, centre)
    columns = rows
    isSymmetric = true
    side = Self.side(set.rows)
  }

  /// Of all pairs of a row of `set` and a column of `other`.
  init(_ set: FeatureMatrix, _ other: FeatureMatrix) throws {
    try set.requireSameColumns(as: other)
    let centre = set.mean(.double).map { Float($0) }
    rows = try CentredSet(set, centre)
    columns = try CentredSet(other, centre)
    isSymmetric = false
    side = Self.side(max(set.rows, other.rows))
  }

  private static func side(_ rows: Int) -> Int { min(maximalSide, (max(rows, 1) + 63) / 64 * 64) }

  /// Calls `body` with every tile, from several threads and in any order.
  func forEach(_ body: @Sendable (DistanceTile) -> Void) throws {
    let tiles = stride(from: 0, to: rows.count, by: side).flatMap { i in
      stride(from: isSymmetric ? i : 0, to: columns.count, by: side).map { (i, $0) }
    }
    try Workers.forEach(
      tiles.count, limit: Self.maximalWorkers,
      state: { try Desk(side: side, depth: rows.depth) },
      { desk, index in
        let (i, j) = tiles[index]
        let rowRange = i..<min(i + side, rows.count)
        let columnRange = j..<min(j + side, columns.count)
        if desk.row != i {
          rows.copy(rowRange, to: desk.product.left.floats)
          desk.row = i
        }
        columns.copy(columnRange, to: desk.product.right.floats)
        try desk.product.run()
        turnIntoDistances(desk.product, rowRange, columnRange)
        withExtendedLifetime(desk.product) {
          body(
            DistanceTile(
              rows: rowRange, columns: columnRange, isSymmetric: isSymmetric && i == j,
              stride: side, values: desk.product.result.floats))
        }
      })
  }

  /// What one worker has before it.
  private struct Desk {
    let product: TileProduct
    /// The first of the rows that lie in `product.left`.
    var row = -1

    init(side: Int, depth: Int) throws {
      product = try TileProduct(rows: side, columns: side, depth: depth)
    }
  }

  /// Turns products into squared distances where they lie.
  private func turnIntoDistances(
    _ product: TileProduct, _ rowRange: Range<Int>, _ columnRange: Range<Int>
  ) {
    let (left, right, result) = (product.left.floats, product.right.floats, product.result.floats)
    rows.norms.withUnsafeBufferPointer { rowNorms in
      columns.norms.withUnsafeBufferPointer { columnNorms in
        guard let left = left.baseAddress, let right = right.baseAddress,
          let result = result.baseAddress, let norms = columnNorms.baseAddress
        else { return }
        let (depth, width) = (rows.depth, columnRange.count)
        for i in rowRange.indices {
          let place = i - rowRange.lowerBound
          let near = Self.distances(
            result + place * side, width, rowNorms[i], norms + columnRange.lowerBound)
          guard near > 0 else { continue }
          let row = result + place * side
          for j in 0..<width where row[j] < 0 {
            row[j] = Self.squaredDistance(left + place * depth, right + j * depth, depth)
          }
        }
      }
    }
  }

  /// Products of one row into distances, or −1 where rounding may be a part of them that
  /// counts; returns how many of these there are.
  private static func distances(
    _ row: UnsafeMutablePointer<Float>, _ width: Int, _ norm: Float,
    _ norms: UnsafePointer<Float>
  ) -> Int32 {
    var near: Int32 = 0
    for j in 0..<width {
      let sum = norm + norms[j]
      let distance = sum - 2 * row[j]
      let isNear = distance < sum * 0x1p-10
      row[j] = isNear ? -1 : distance
      near &+= isNear ? 1 : 0
    }
    return near
  }

  private static func squaredDistance(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ depth: Int
  ) -> Float {
    typealias Lanes = SIMD16<Float>
    var sums = Lanes.zero
    var k = 0
    while k + Lanes.scalarCount <= depth {
      let difference =
        UnsafeRawPointer(a + k).loadUnaligned(as: Lanes.self)
        - UnsafeRawPointer(b + k).loadUnaligned(as: Lanes.self)
      sums += difference * difference
      k += Lanes.scalarCount
    }
    var sum = sums.sum()
    while k < depth {
      sum += (a[k] - b[k]) * (a[k] - b[k])
      k += 1
    }
    return sum
  }
}

/// Squared distances of a range of rows and one of columns; good during the call that it
/// is given to.
struct DistanceTile {
  let rows: Range<Int>
  let columns: Range<Int>
  /// Whether rows and columns are the same: every pair is there twice, and every row itself.
  let isSymmetric: Bool
  /// From one row to the next.
  fileprivate let stride: Int
  fileprivate let values: UnsafeMutableBufferPointer<Float>

  /// The distances of a row, counted from the tile's first, to the columns.
  subscript(row: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: values[row * stride..<row * stride + columns.count])
  }
}

/// A set's rows around a centre, made when they are copied.
private struct CentredSet {
  let features: FeatureMatrix
  let centre: [Float]
  /// |u|² of each centred row.
  let norms: [Float]

  var count: Int { features.rows }
  var depth: Int { features.columns }

  /// - Throws: `InputError` where squares leave single precision.
  init(_ features: FeatureMatrix, _ centre: [Float]) throws {
    self.features = features
    self.centre = centre
    var norms = [Float](repeating: 0, count: features.rows)
    for i in 0..<features.rows {
      var sum = 0.0
      for j in 0..<features.columns {
        let value = Double(features.values[i * features.columns + j] - centre[j])
        sum += value * value
      }
      guard sum < 0x1p120 else {
        throw InputError(
          features.name, expected: "features whose squares single precision holds",
          found: "a row \(sum.squareRoot()) from the mean in row \(i)")
      }
      norms[i] = Float(sum)
    }
    self.norms = norms
  }

  /// Copies some of the rows to the beginning of `target`, and leaves what lies behind.
  func copy(_ range: Range<Int>, to target: UnsafeMutableBufferPointer<Float>) {
    features.values.withUnsafeBufferPointer { values in
      centre.withUnsafeBufferPointer { centre in
        for i in range {
          let (from, to) = (i * depth, (i - range.lowerBound) * depth)
          for j in 0..<depth { target[to + j] = values[from + j] - centre[j] }
        }
      }
    }
  }
}
