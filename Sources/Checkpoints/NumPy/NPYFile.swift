import Files

/// A NumPy `.npy` open for reading: one array, which has no name in the file and is called
/// ``arrayName`` here.
public final class NPYFile: TensorFile {
  public static let arrayName = "array"

  public let file: ReadOnlyFile
  public var path: String { file.path }
  public var format: CheckpointFormat { .npy }
  /// Empty: the format has no room for any.
  public var metadata: [String: String] { [:] }
  public var names: [String] { [NPYFile.arrayName] }
  private let array: NPYArray

  /// - Throws: `InputError` for what is no array of numbers, or has another size than its
  ///   header says.
  public init(path: String) throws {
    file = try ReadOnlyFile(path)
    array = try NPYArray(.file(file), name: NPYFile.arrayName, path: path)
  }

  public func tensor(named name: String) -> StoredTensor? {
    name == NPYFile.arrayName ? array.tensor : nil
  }

  public func plainRange(of name: String) -> Range<Int>? {
    name == NPYFile.arrayName ? array.plainRange : nil
  }

  public func forEachChunk(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    _ = try info(name)
    try array.forEachChunk(body)
  }
}
