import Diagnostics
import Files

/// A tree of tables and pictures in one HDF5 file, as an ablation leaves it. `docs/formats.md`
/// describes the file; any HDF5 library reads it. Equal documents give equal bytes.
public struct ResultsDocument: Sendable {
  public static let format = "flowturbo-ablation"
  public static let version = 1

  /// Of the file, texts, in their order.
  public var attributes: [(name: String, value: String)]
  public var tables: [ResultTable]
  public var pictures: [ResultPicture]

  public init(
    attributes: [(name: String, value: String)], tables: [ResultTable], pictures: [ResultPicture]
  ) {
    self.attributes = attributes
    self.tables = tables
    self.pictures = pictures
  }

  public subscript(attribute name: String) -> String? {
    attributes.first { $0.name == name }?.value
  }

  public subscript(table path: String) -> ResultTable? { tables.first { $0.path == path } }

  /// Writes the file, whole or not at all: who reads it meanwhile sees the one before.
  /// Tables without rows are left out; pictures that are equal are stored once.
  /// - Throws: `InputError` for a table whose columns differ in length or share a name.
  public func write(to path: String) throws {
    for table in tables {
      guard table.columns.allSatisfy({ $0.values.count == table.rows }) else {
        throw InputError(
          "\(path): \(table.path)", expected: "columns of equal length",
          found: "\(table.columns.map(\.values.count))")
      }
      guard Set(table.columns.map(\.name)).count == table.columns.count else {
        throw InputError(
          "\(path): \(table.path)", expected: "each column once", found: "a name twice")
      }
    }
    try AtomicFile.write(to: path) { temporary in
      try HDF5.create(temporary, userBlock: 0) { file in
        try file.put("format", Self.format)
        try file.put("format_version", Self.version)
        for (name, value) in attributes { try file.put(name, value) }
        var groups: Set<String> = []
        for path in tables.filter({ $0.rows > 0 }).map(\.path) + pictures.map(\.path) {
          try file.createGroups(above: path, known: &groups)
        }
        for table in tables where table.rows > 0 { try file.write(table) }
        var written: [ResultPicture] = []
        for picture in pictures {
          let twin = written.first {
            $0.width == picture.width && $0.height == picture.height
              && $0.title == picture.title && $0.pixels == picture.pixels
          }
          if let twin {
            try file.link(twin.path, picture.path)
          } else {
            try file.write(picture)
            written.append(picture)
          }
        }
      }
    }
  }
}
