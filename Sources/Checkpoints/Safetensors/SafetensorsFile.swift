import Diagnostics
import Files

/// A safetensors file open for reading. Its header is checked whole when it is
/// opened (format: https://github.com/huggingface/safetensors#format, with the
/// rules that writers must follow enforced on files read); tensors are then read
/// from the file as they are asked for, by any thread.
public final class SafetensorsFile: TensorFile {
  public let path: String
  public var format: CheckpointFormat { .safetensors }
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  /// Names of the tensors, sorted.
  public let names: [String]
  private let entries: [String: SafetensorsHeader.Entry]
  public let file: ReadOnlyFile
  private let dataStart: Int

  /// Where 100 000 tensors take some 12 MB; a header of a real model is a few megabytes at most.
  private static let longestHeader = 16 << 20

  /// Whether a file may be one by its first 9 bytes: the length of a header, and a header.
  static func isStart(_ bytes: [UInt8]) -> Bool { bytes.count > 8 && bytes[8] == UInt8(ascii: "{") }

  public init(path: String) throws {
    let file = try ReadOnlyFile(path)
    guard file.size >= 8 else {
      throw InputError(path, expected: "a safetensors file", found: "\(file.size) bytes")
    }
    let length = try file.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length >= 2, length <= UInt64(min(file.size - 8, SafetensorsFile.longestHeader)) else {
      throw InputError(
        path, expected: "a safetensors header of at least 2 and at most \(file.size - 8) bytes",
        found: "a length of \(length)", remedy: "the file may be cut off or of another format")
    }
    dataStart = 8 + Int(length)
    let header = try SafetensorsHeader(
      file.bytes(8..<dataStart), dataLength: file.size - dataStart, path: path)
    self.path = path
    self.file = file
    metadata = header.metadata
    entries = header.entries
    names = header.entries.keys.sorted()
  }

  public func tensor(named name: String) -> StoredTensor? { entries[name]?.tensor }

  public func plainRange(of name: String) -> Range<Int>? {
    entries[name].map { dataStart + $0.byteRange.lowerBound..<dataStart + $0.byteRange.upperBound }
  }

  public func forEachChunk(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let known = try info(name)
    guard let range = plainRange(of: known.name) else { return }
    try file.forEachChunk(of: range, body)
  }
}
