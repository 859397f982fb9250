import Diagnostics
import Synchronization

/// The distance of each row to its k-th neighbour within its own set: the radius of the ball
/// that stands for the row in the set's manifold (Kynkäänniemi et al., "Improved precision and
/// recall metric for assessing generative models", 2019, equation 1).
///
/// It is the (k+1)-th smallest distance of all, the row's own of 0 among them; other rows equal
/// to it count as neighbours.
public struct NeighbourRadii: Sendable {
  /// The most distances that are kept at once: 1 GiB.
  private static let maximalDistances = 1 << 28

  /// By k: squared distances, (N).
  private let squared: [Int: [Float]]

  /// - Parameter neighbours: the values of k that are asked for.
  /// - Throws: `InputError` for a k below 1 or not below the number of rows.
  public init(_ set: FeatureMatrix, neighbours: [Int]) throws {
    for k in neighbours where !(1..<max(set.rows, 1)).contains(k) {
      throw InputError(
        set.name, expected: "more than \(max(k, 1)) images, for the distance to neighbour \(k)",
        found: "\(set.rows)", remedy: "choose fewer neighbours or more images")
    }
    let kept = (neighbours.max() ?? 0) + 1
    guard kept * set.rows <= Self.maximalDistances else {
      throw InputError(
        set.name, expected: "at most \(Self.maximalDistances / set.rows - 1) neighbours",
        found: "\(kept - 1)", remedy: "all their distances are kept at once")
    }
    let smallest = Mutex(SmallestValues(rows: 0..<set.rows, kept: kept))
    try DistanceTiles(set).forEach { tile in
      // What the rows have already bounds what can matter.
      let parts = smallest.withLock { all in
        (all.empty(tile.rows), tile.isSymmetric ? nil : all.empty(tile.columns))
      }
      var (rows, columns) = parts
      for row in tile.rows.indices {
        let distances = tile[row - tile.rows.lowerBound]
        rows.insert(distances, row: row)
        columns?.insert(distances, eachOf: tile.columns)
      }
      let (rowPart, columnPart) = (rows, columns)
      smallest.withLock { all in
        all.merge(rowPart)
        if let columnPart { all.merge(columnPart) }
      }
    }
    let all = smallest.withLock { $0 }
    squared = Dictionary(
      uniqueKeysWithValues: Set(neighbours).map { k in (k, all.values(at: k)) })
  }

  /// Squared radii of all rows, or nil of a k that was not asked for.
  public subscript(k: Int) -> [Float]? { squared[k] }
}
