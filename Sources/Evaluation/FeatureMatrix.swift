import Diagnostics

/// Features or logits of a set of images, one row each.
public struct FeatureMatrix: Sendable {
  /// What errors and warnings call the set.
  public let name: String
  public let rows: Int
  public let columns: Int
  /// (rows, columns), row-major, all finite.
  public let values: [Float]

  /// - Throws: `InputError` where the sizes do not fit the values, or a value is not finite.
  public init(_ name: String, rows: Int, columns: Int, values: [Float]) throws {
    let size = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns > 0, !size.overflow, size.partialValue == values.count else {
      throw InputError(
        name, expected: "\(rows) rows of \(columns) features each",
        found: "\(values.count) values")
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw InputError(
        name, expected: "finite features",
        found: "\(values[index]) in row \(index / columns), column \(index % columns)",
        remedy: "the images or the weights of the feature network are damaged")
    }
    self.init(checked: name, rows: rows, columns: columns, values: values)
  }

  private init(checked name: String, rows: Int, columns: Int, values: [Float]) {
    self.name = name
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The rows of these indices, in this order; a row may come more than once.
  /// - Throws: `InputError` where there is no such row.
  public func selecting(_ indices: [Int], name: String? = nil) throws -> FeatureMatrix {
    var chosen: [Float] = []
    chosen.reserveCapacity(indices.count * columns)
    for index in indices {
      guard (0..<rows).contains(index) else {
        throw InputError(self.name, expected: "rows 0..<\(rows)", found: "row \(index)")
      }
      chosen.append(contentsOf: values[index * columns..<(index + 1) * columns])
    }
    return FeatureMatrix(
      checked: name ?? self.name, rows: indices.count, columns: columns, values: chosen)
  }

  /// - Throws: `InputError` where the two sets have no distance.
  func requireSameColumns(as other: FeatureMatrix) throws {
    guard columns == other.columns else {
      throw InputError(
        other.name, expected: "\(columns) features for each image, as \(name) has",
        found: "\(other.columns)", remedy: "both sets need the same feature network")
    }
  }
}
