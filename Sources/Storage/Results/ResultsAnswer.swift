import Foundation

/// An ablation's results as ``HDF5Probe`` hands them on: all values, in a form that is plain to read.
struct ResultsAnswer: ProbeAnswer {
  static let format = HDF5Format(
    name: ResultsDocument.format, version: ResultsDocument.version, holds: "results of an ablation",
    command: "ablate")
  /// What is told of a file; pictures are for looking at, and many of a large model would not fit.
  static let limits = ReadingLimits(bytes: 256 << 20, objectBytes: 64 << 20, pixels: 1 << 19)
  /// Those bytes as base64, and names beside them.
  static let longestAnswer = 400 << 20
  static let extraMemory = 2 << 30
  static let processorSeconds = 60

  fileprivate struct Attribute: Codable {
    let name: String
    let value: String
  }

  fileprivate struct Column: Codable {
    let name: String
    let unit: String
    let description: String
    /// One of the three. Numbers are little-endian: JSON has none for "no number".
    var numbers: Data?
    var integers: [Int32]?
    var texts: [String]?
  }

  fileprivate struct Table: Codable {
    let path: String
    let title: String
    let columns: [Column]
  }

  fileprivate struct Picture: Codable {
    let path: String
    let title: String
    let width: Int
    let height: Int
    let pixels: Data
  }

  private let attributes: [Attribute]
  private let tables: [Table]
  private let pictures: [Picture]

  init(probing path: String) throws {
    self.init(try ResultsDocument(path: path, limits: Self.limits))
  }

  private init(_ document: ResultsDocument) {
    attributes = document.attributes.map { Attribute(name: $0.name, value: $0.value) }
    tables = document.tables.map { table in
      Table(path: table.path, title: table.title, columns: table.columns.map(Self.column))
    }
    pictures = document.pictures.map {
      Picture(
        path: $0.path, title: $0.title, width: $0.width, height: $0.height,
        pixels: Data($0.pixels))
    }
  }

  private static func column(_ column: ResultColumn) -> Column {
    var result = Column(name: column.name, unit: column.unit, description: column.description)
    switch column.values {
    case .numbers: result.numbers = Data(column.values.bytes)
    case .integers(let values): result.integers = values
    case .texts(let values): result.texts = values
    }
    return result
  }

  var document: ResultsDocument {
    ResultsDocument(
      attributes: attributes.map { ($0.name, $0.value) },
      tables: tables.map { table in
        ResultTable(table.path, title: table.title, columns: table.columns.map(\.resultColumn))
      },
      pictures: pictures.map {
        ResultPicture(
          $0.path, title: $0.title, width: $0.width, height: $0.height, pixels: Array($0.pixels))
      })
  }
}

extension ResultsAnswer.Column {
  fileprivate var resultColumn: ResultColumn {
    let values: ResultColumn.Values
    if let numbers {
      values = .numbers(
        stride(from: 0, to: numbers.count - numbers.count % 8, by: 8).map { place in
          numbers.withUnsafeBytes {
            Double(
              bitPattern: UInt64(
                littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
          }
        })
    } else if let integers {
      values = .integers(integers)
    } else {
      values = .texts(texts ?? [])
    }
    return ResultColumn(name, values, unit: unit, description: description)
  }
}

extension ResultsDocument {
  /// Reads the file of an ablation that may come from anywhere: see ``HDF5Probe``. Pictures of more
  /// than half a million pixels are reduced to less.
  /// - Throws: `InputError` for a file that is damaged, of another format or too large.
  public init(unknown path: String) throws { try self.init(unknown: path, probe: nil) }

  /// - Parameter probe: the program to look at the file with; nil for this one.
  package init(unknown path: String, probe: String?) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw Self.missing(path) }
    let answer: ResultsAnswer = try HDF5Probe.answer(of: path, program: probe)
    self = answer.document
  }
}
