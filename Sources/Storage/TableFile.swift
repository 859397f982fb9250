import Diagnostics
import Files

/// Writes a table of results with what is known about them as HDF5: one dataset per column,
/// all of equal length, and attributes of the file. Equal values give equal bytes.
public enum TableFile {
  public enum Attribute: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
  }

  public struct Column: Sendable {
    public enum Values: Sendable, Equatable {
      /// NaN where there is none.
      case numbers([Double])
      case integers([Int32])
      case texts([String])

      public var count: Int {
        switch self {
        case .numbers(let values): values.count
        case .integers(let values): values.count
        case .texts(let values): values.count
        }
      }
    }

    public let name: String
    public let description: String
    public let values: Values

    public init(_ name: String, _ values: Values, description: String) {
      self.name = name
      self.values = values
      self.description = description
    }
  }

  /// Writes the file, whole or not at all. A table without rows has no datasets.
  /// - Parameters:
  ///   - format: the attributes `format` and `format_version`.
  ///   - attributes: in their order.
  /// - Throws: `InputError` for columns of different lengths, or a file that cannot be written.
  public static func write(
    to path: String, format: String, version: Int, attributes: [(String, Attribute)],
    columns: [Column]
  ) throws {
    let rows = columns.first?.values.count ?? 0
    guard columns.allSatisfy({ $0.values.count == rows }) else {
      throw InputError(
        path, expected: "columns of equal length", found: "\(columns.map(\.values.count))")
    }
    try AtomicFile.write(to: path) { temporary in
      let offsets = try HDF5.create(temporary, userBlock: 0) { file in
        try file.put("format", format)
        try file.put("format_version", version)
        for (name, value) in attributes { try file.put(name, value) }
        return try (rows > 0 ? columns : []).map { column in
          try file.createDataset(
            column.name, column.values.element, shape: [rows], description: column.description)
        }
      }
      let file = try OutputFile(temporary, truncating: false)
      for (column, offset) in zip(columns, offsets) {
        try file.write(column.values.bytes, at: offset)
      }
    }
  }
}

extension HDF5 {
  func put(_ name: String, _ value: TableFile.Attribute) throws {
    switch value {
    case .text(let text): try put(name, text)
    case .integer(let number): try put(name, number)
    case .number(let number): try put(name, number)
    }
  }
}

extension TableFile.Column.Values {
  var element: HDF5.Dataset.Element {
    switch self {
    case .numbers: .float64
    case .integers: .int32
    case .texts(let texts): .text(width: FixedText.width(texts))
    }
  }

  var bytes: [UInt8] {
    switch self {
    case .numbers(let values):
      values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    case .integers(let values):
      values.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
    case .texts(let texts):
      texts.flatMap { FixedText.bytes($0, width: FixedText.width(texts)) }
    }
  }
}
