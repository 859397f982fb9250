import Diagnostics
import Files

/// Writes arrays of any shape with what is known about them as HDF5: one dataset each, with the
/// names of its dimensions and its unit, and attributes of the file. Equal values give equal
/// bytes.
///
/// Names of dimensions are stored as HDF5's own labels, `file["x"].dims[0].label` in h5py, units as
/// an attribute `unit`.
public enum ArrayFile {
  public struct Array: Sendable {
    public enum Values: Sendable {
      case floats([Float])
      case table(TableFile.Column.Values)

      var count: Int {
        switch self {
        case .floats(let values): values.count
        case .table(let values): values.count
        }
      }
    }

    public let name: String
    public let values: Values
    /// The extent of each dimension with its name.
    public let dimensions: [(name: String, extent: Int)]
    /// `1` for ratios; empty for what has none, such as names.
    public let unit: String
    public let description: String

    public init(
      _ name: String, _ values: Values, _ dimensions: [(name: String, extent: Int)],
      unit: String = "", description: String
    ) {
      self.name = name
      self.values = values
      self.dimensions = dimensions
      self.unit = unit
      self.description = description
    }
  }

  /// Writes the file, whole or not at all.
  ///
  /// - Parameters:
  ///   - format: the attributes `format` and `format_version`.
  ///   - attributes: in their order.
  ///   - arrays: in row-major order, one element each at least.
  /// - Throws: `InputError` for arrays of another size than their dimensions say, or a file that
  ///   cannot be written.
  public static func write(
    to path: String, format: String, version: Int,
    attributes: [(String, TableFile.Attribute)], arrays: [Array]
  ) throws {
    for array in arrays {
      let extents = array.dimensions.map(\.extent)
      guard array.values.count > 0, array.values.count == extents.reduce(1, *) else {
        throw InputError(
          "\(path): dataset '\(array.name)'", expected: "\(extents) elements, none of them 0",
          found: "\(array.values.count)")
      }
    }
    try AtomicFile.write(to: path) { temporary in
      let offsets = try HDF5.create(temporary, userBlock: 0) { file in
        try file.put("format", format)
        try file.put("format_version", version)
        for (name, value) in attributes { try file.put(name, value) }
        return try arrays.map { array in
          let offset = try file.createDataset(
            array.name, array.element, shape: array.dimensions.map(\.extent),
            description: array.description)
          try file.label(array.name, unit: array.unit, dimensions: array.dimensions.map(\.name))
          return offset
        }
      }
      let file = try OutputFile(temporary, truncating: false)
      for (array, offset) in zip(arrays, offsets) { try file.write(array.bytes, at: offset) }
    }
  }
}

extension ArrayFile.Array {
  fileprivate var element: HDF5.Dataset.Element {
    switch values {
    case .floats: .float32
    case .table(let values): values.element
    }
  }

  fileprivate var bytes: [UInt8] {
    switch values {
    case .floats(let values):
      values.map(\.bitPattern.littleEndian).withUnsafeBytes { Swift.Array($0) }
    case .table(let values): values.bytes
    }
  }
}
