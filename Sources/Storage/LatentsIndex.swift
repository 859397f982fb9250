import Diagnostics
import Files
import Foundation

/// Where everything lies in a latents file: enough to read it without HDF5.
///
/// A file of ours carries it in its user block, the space that HDF5 leaves free
/// before its own data, as
///
///     FLOWTURBO-LATENTS 1 <bytes of the JSON> <SHA-256 of the JSON>\n<JSON>\n<zeros>
///
/// Of any other file it is made by ``HDF5Probe``.
struct LatentsIndex: Codable, Equatable {
  var description: LatentsDescription
  /// Identity of what was encoded: see ``LatentsWriter/inputsHash``.
  var inputsHash: String
  /// Number of samples, N.
  var count: Int
  /// First bytes of the datasets.
  var mean = Int.max
  var logVariance = Int.max
  var labels = Int.max
  var sourcePaths = Int.max
  var classNames = Int.max
  /// Bytes per text.
  var sourcePathWidth: Int
  var classNameWidth: Int

  /// Bytes of one sample in `mean` or `log_variance`: two flips of binary32.
  var sampleBytes: Int? { description.latentCount.map { 8 * $0 } }

  /// The byte ranges of the datasets, checked against the file's size.
  func ranges(fileSize: Int, path: String) throws -> [Range<Int>] {
    guard count > 0, let sampleBytes, sourcePathWidth > 0, classNameWidth > 0,
      description.imageSize > 0, description.scalingFactor.isFinite
    else {
      throw InputError(path, expected: "a latents file with samples", found: "none or no shape")
    }
    return try [
      ("mean", mean, count, sampleBytes), ("log_variance", logVariance, count, sampleBytes),
      ("labels", labels, count, 4), ("source_paths", sourcePaths, count, sourcePathWidth),
      ("class_names", classNames, description.classNames.count, classNameWidth),
    ].map { name, offset, count, size in
      let (length, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, offset >= 0, offset <= fileSize, length <= fileSize - offset else {
        throw InputError(
          "\(path): dataset '\(name)'", expected: "\(count) records of \(size) bytes",
          found: "a file of \(fileSize) bytes",
          remedy: "the file may be cut off: copy or encode it again")
      }
      return offset..<offset + length
    }
  }
}

/// The JSON of the user block.
private struct UserBlock: Codable {
  var index: LatentsIndex
  /// Bytes of the user block; HDF5's own data begin there.
  var size: Int
  var fileSize: Int
  /// SHA-256 of all that is neither user block nor dataset: HDF5's structures.
  var structureHash: String
}

extension LatentsIndex {
  private static let magic = "FLOWTURBO-LATENTS 1 "

  /// The user block's size that has room for this index, whatever the offsets will be.
  func userBlockSize() throws -> Int {
    let longest = UserBlock(
      index: self, size: .max, fileSize: .max, structureHash: FileHash.sha256([]))
    let needed = try LatentsIndex.encode(longest).count
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
    try OutputFile(path, truncating: false).write(LatentsIndex.encode(block), at: 0)
  }

  /// The index of a file that is known to be ours and whole; nil for any other.
  /// The datasets' values are not read: nothing ever interprets them but as numbers.
  static func sealed(in file: ReadOnlyFile) throws -> LatentsIndex? {
    let head = try file.bytes(0..<min(file.size, 256))
    guard head.starts(with: magic.utf8),
      let lineEnd = head.firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let fields = String(decoding: head[magic.utf8.count..<lineEnd], as: UTF8.self).split(
      separator: " ")
    guard fields.count == 2, let length = Int(fields[0]), length > 0,
      length < file.size - lineEnd - 1
    else { return nil }
    let json = try file.bytes(lineEnd + 1..<lineEnd + 1 + length)
    guard FileHash.sha256(json) == fields[1],
      let block = try? JSONDecoder().decode(UserBlock.self, from: Data(json)),
      block.fileSize == file.size,
      try block.index.structureHash(of: file, from: block.size) == block.structureHash
    else { return nil }
    return block.index
  }

  private static func encode(_ block: UserBlock) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(block)
    return Array("\(magic)\(json.count) \(FileHash.sha256(json))\n".utf8) + Array(json)
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
