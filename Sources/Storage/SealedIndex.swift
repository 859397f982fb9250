import Diagnostics
import Files
import Foundation

/// Where everything lies in an HDF5 file: enough to read it without HDF5.
///
/// A file of ours carries it in its user block, the space that HDF5 leaves free
/// before its own data, as
///
///     FLOWTURBO-LATENTS 1 <bytes of the JSON> <SHA-256 of the JSON>\n<JSON>\n<zeros>
///
/// where the first word is the format's name. Of any other file it is made by ``HDF5Probe``.
protocol SealedIndex: ProbeAnswer, Sendable {
  /// The byte ranges of the datasets, checked against the file's size.
  func ranges(fileSize: Int, path: String) throws -> [Range<Int>]
}

/// The JSON of the user block.
private struct UserBlock<Index: Codable>: Codable {
  var index: Index
  /// Bytes of the user block; HDF5's own data begin there.
  var size: Int
  var fileSize: Int
  /// SHA-256 of all that is neither user block nor dataset: HDF5's structures.
  var structureHash: String
}

extension SealedIndex {
  private static var mark: String { "\(format.name.uppercased()) \(format.version) " }

  /// More is no index, and is not taken into memory.
  private static var longestJSON: Int { 64 << 20 }

  /// Opens a file by its seal, or by ``HDF5Probe`` where it has none.
  /// - Parameter probe: the program to look at unknown files with; nil for this one.
  init(of file: ReadOnlyFile, probe: String? = nil) throws {
    self = try Self.sealed(in: file) ?? HDF5Probe.answer(of: file.path, program: probe)
  }

  /// The user block's size that has room for this index, whatever the offsets will be.
  func userBlockSize() throws -> Int {
    let longest = UserBlock(
      index: self, size: .max, fileSize: .max, structureHash: FileHash.sha256([]))
    let needed = try Self.encode(longest).count
    var size = 512
    while size < needed { size *= 2 }
    return size
  }

  /// Marks the finished file at `path` as ours and whole.
  func seal(_ path: String, userBlockSize: Int) throws {
    let file = try ReadOnlyFile(path)
    guard let hash = try structureHash(of: file, from: userBlockSize) else {
      throw InputError("\(path): the HDF5 structures are larger than expected")
    }
    let block = UserBlock(
      index: self, size: userBlockSize, fileSize: file.size, structureHash: hash)
    try OutputFile(path, truncating: false).write(Self.encode(block), at: 0)
  }

  /// The index of a file that is known to be ours and whole; nil for any other.
  /// The datasets' values are not read: nothing ever interprets them but as numbers.
  static func sealed(in file: ReadOnlyFile) throws -> Self? {
    let head = try file.bytes(0..<min(file.size, 256))
    guard head.starts(with: mark.utf8),
      let lineEnd = head.firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let fields = String(decoding: head[mark.utf8.count..<lineEnd], as: UTF8.self).split(
      separator: " ")
    guard fields.count == 2, let length = Int(fields[0]), (1...longestJSON).contains(length),
      length < file.size - lineEnd - 1
    else { return nil }
    let json = try file.bytes(lineEnd + 1..<lineEnd + 1 + length)
    guard FileHash.sha256(json) == fields[1],
      let block = try? JSONDecoder().decode(UserBlock<Self>.self, from: Data(json)),
      block.fileSize == file.size,
      try block.index.structureHash(of: file, from: block.size) == block.structureHash
    else { return nil }
    return block.index
  }

  private static func encode(_ block: UserBlock<Self>) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(block)
    return Array("\(mark)\(json.count) \(FileHash.sha256(json))\n".utf8) + Array(json)
      + [UInt8(ascii: "\n")]
  }

  /// Nil when a dataset lies outside the file or what is left is too much to be ours.
  private func structureHash(of file: ReadOnlyFile, from start: Int) throws -> String? {
    guard start >= 0, start <= file.size,
      let ranges = try? ranges(fileSize: file.size, path: file.path)
    else { return nil }
    var position = start
    let digest = SHA256Digest()
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound })
      + [file.size..<file.size]
    {
      guard range.lowerBound >= position, range.lowerBound - position < 1 << 24 else { return nil }
      try file.forEachChunk(of: position..<range.lowerBound) { digest.update($0) }
      position = range.upperBound
    }
    return digest.hexadecimal()
  }
}
