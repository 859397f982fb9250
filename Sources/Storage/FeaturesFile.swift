import Diagnostics
import Files

/// A file of features open for reading, by any number of threads at once.
///
/// Features are read straight from their place in the file; HDF5 is not involved.
public final class FeaturesFile: Sendable {
  public let description: FeaturesDescription
  /// Identity of what the features are of: see ``FeaturesWriter/inputsHash``.
  public let inputsHash: String
  /// Number of samples, N.
  public let count: Int
  /// Images that were looked at, broken ones included.
  public let examined: Int

  public var path: String { file.path }

  private let file: ReadOnlyFile
  private let index: FeaturesIndex

  /// Opens and checks a file of features: one that `flowturbo evaluate` wrote and nobody
  /// changed at once, any other of the same layout by ``HDF5Probe``.
  public convenience init(path: String) throws { try self.init(path: path, probe: nil) }

  /// - Parameter probe: the program to look at unknown files with; nil for this one.
  package init(path: String, probe: String?) throws {
    file = try ReadOnlyFile(path)
    index = try FeaturesIndex(of: file, probe: probe)
    _ = try index.ranges(fileSize: file.size, path: path)
    try index.check(path)
    description = index.description
    inputsHash = index.inputsHash
    count = index.count
    examined = index.examined
  }

  /// Whether the file holds this column.
  public func has(_ column: FeatureColumn) -> Bool { description.dimensions(of: column) > 0 }

  /// The rows of a column, row-major.
  /// - Throws: `InputError` where the file lacks the column or the rows.
  public func read(_ column: FeatureColumn, rows: Range<Int>) throws -> [Float] {
    guard let place = index.place(column) else {
      throw InputError(
        path, expected: "a dataset '\(column.rawValue)'", found: "none",
        remedy: "evaluate the images themselves")
    }
    guard rows.lowerBound >= 0, rows.upperBound <= count else {
      throw InputError(path, expected: "rows of 0..<\(count)", found: "\(rows)")
    }
    let values = rows.count * place.size / 4
    return try [Float](unsafeUninitializedCapacity: values) { buffer, initialized in
      try file.read(
        at: place.offset + rows.lowerBound * place.size,
        into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<values]))
      )
      initialized = values
    }
  }

  /// The label of every sample; nil where there are none.
  public func labels() throws -> [Int32]? {
    guard description.hasLabels else { return nil }
    return try integers(.labels)
  }

  /// SHA-256 of every image, in hexadecimal.
  public func imageHashes() throws -> [String] { try texts(.hashes) }

  /// What every image was stored as.
  public func imageFormats() throws -> [String] { try texts(.formats) }

  /// Width and height of every image in pixels.
  public func imageSizes() throws -> [(width: Int, height: Int)] {
    let values = try integers(.sizes).map(Int.init)
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  /// The place of every sample in the list of images, which broken images are missing from.
  public func sourceIndices() throws -> [Int] { try integers(.sources).map(Int.init) }

  private func integers(_ dataset: FeaturesIndex.Dataset) throws -> [Int32] {
    try bytes(dataset).bytes.withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        Int32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
      }
    }
  }

  private func texts(_ dataset: FeaturesIndex.Dataset) throws -> [String] {
    let (bytes, place) = try bytes(dataset)
    return FixedText.texts(bytes, width: place.size)
  }

  private func bytes(
    _ dataset: FeaturesIndex.Dataset
  ) throws -> (bytes: [UInt8], place: FeaturesIndex.Place) {
    guard let place = index.place(dataset) else {
      throw InputError(path, expected: "a dataset '\(dataset.rawValue)'", found: "none")
    }
    return (try file.bytes(place.offset..<place.offset + place.count * place.size), place)
  }
}
