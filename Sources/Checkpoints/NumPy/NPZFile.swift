import Diagnostics
import Files

/// A NumPy `.npz` open for reading: a zip archive of arrays, stored or deflated. The archive
/// and the headers of all arrays are checked when it is opened; an array is then streamed
/// without reading the others, in constant memory unless it is both deflated and in Fortran
/// order (then it may have 48 MiB). An array read to its end has the archive's checksum.
public final class NPZFile: TensorFile {
  public let file: ReadOnlyFile
  public var path: String { file.path }
  public var format: CheckpointFormat { .npz }
  /// Empty: the format has no room for any.
  public var metadata: [String: String] { [:] }
  /// Names of the arrays, without the members' `.npy`.
  public let names: [String]
  private let arrays: [String: NPYArray]

  static let suffix = ".npy"

  /// - Throws: `InputError` for a damaged archive, for members that are no arrays, and for
  ///   arrays of objects or with fields.
  public convenience init(path: String) throws {
    try self.init(ZipArchive(ReadOnlyFile(path)))
  }

  /// - Parameter archive: opened with checksums to be verified.
  init(_ archive: ZipArchive) throws {
    file = archive.file
    var arrays: [String: NPYArray] = [:]
    for member in archive.members {
      guard member.name.hasSuffix(NPZFile.suffix) else {
        throw InputError(
          archive.path, expected: "a NumPy archive of .npy members only",
          found: "'\(member.name)'")
      }
      let name = String(member.name.dropLast(NPZFile.suffix.count))
      arrays[name] = try NPYArray(.member(member, archive), name: name, path: archive.path)
    }
    self.arrays = arrays
    names = arrays.keys.sorted()
  }

  public func tensor(named name: String) -> StoredTensor? { arrays[name]?.tensor }

  public func plainRange(of name: String) -> Range<Int>? { arrays[name]?.plainRange }

  /// Reads an array from its beginning on, as much at a time as is asked for: in constant
  /// memory, deflated or not.
  /// - Throws: `InputError` when there is no such array, or it is in Fortran order.
  public func reader(of name: String) throws -> NPYReader {
    let known = try info(name)
    guard let array = arrays[known.name] else { throw InputError("\(path): no array '\(name)'") }
    return try array.reader()
  }

  public func forEachChunk(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let known = try info(name)
    try arrays[known.name]?.forEachChunk(body)
  }
}
