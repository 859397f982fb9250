/// One column of a table of results.
public struct ResultColumn: Sendable, Equatable {
  public typealias Values = TableFile.Column.Values

  public let name: String
  /// Such as `ms`; `1` for a pure number, empty for text.
  public let unit: String
  /// What the numbers are, in a few words.
  public let description: String
  public let values: Values

  public init(_ name: String, _ values: Values, unit: String = "", description: String) {
    self.name = name
    self.values = values
    self.unit = unit
    self.description = description
  }

  /// The description of columns that hold the values of a configuration key which a study sweeps.
  public static let sweptKey = "Configuration key"
  public var isSweptKey: Bool { description == Self.sweptKey }

  /// Bit for bit, so that NaN, which stands for no number, equals itself.
  public static func == (a: Self, b: Self) -> Bool {
    guard (a.name, a.unit, a.description) == (b.name, b.unit, b.description) else { return false }
    if case .numbers(let x) = a.values, case .numbers(let y) = b.values {
      return x.count == y.count
        && zip(x, y).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }
    return a.values == b.values
  }
}

/// A table of results: one compound dataset.
public struct ResultTable: Sendable, Equatable {
  /// Names of the groups and of the dataset, as `tables/orders`.
  public let path: String
  public let title: String
  /// Of equal length.
  public let columns: [ResultColumn]

  public init(_ path: String, title: String, columns: [ResultColumn]) {
    self.path = path
    self.title = title
    self.columns = columns
  }

  public var rows: Int { columns.first?.values.count ?? 0 }

  public subscript(name: String) -> ResultColumn? { columns.first { $0.name == name } }
}

/// A picture among results: an HDF5 image of 8 bits per channel.
public struct ResultPicture: Sendable, Equatable {
  public let path: String
  public let title: String
  public let width: Int
  public let height: Int
  /// Height × width × 3 bytes, red, green and blue.
  public let pixels: [UInt8]

  public init(_ path: String, title: String, width: Int, height: Int, pixels: [UInt8]) {
    self.path = path
    self.title = title
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
