import Checkpoints
import Files
import FuzzSupport

/// What the readers of tensor files have in common: they are read whole.
enum ReaderFuzz {
  /// At most this much is read of one file.
  static let limit = 64 << 20

  /// - Parameter name: of the reader, for messages and the file that a crash leaves.
  static func run(
    _ name: String, corpus: [[UInt8]], read: (String) throws -> Void
  ) throws {
    try DamagedFiles(memory: limit).run(name, corpus: corpus, read: read)
  }

  static func corpus(_ names: [String]) throws -> [[UInt8]] {
    try names.map { name in
      let file = try ReadOnlyFile(fixture(name))
      return try file.bytes(0..<file.size)
    }
  }

  /// Reads all tensors, up to ``limit``, and holds them against what the file says of them.
  static func readAll(_ file: any TensorFile) throws {
    var left = limit
    for name in file.names {
      let tensor = try file.info(name)
      guard tensor.byteCount <= left else { continue }
      left -= tensor.byteCount
      var count = 0
      try file.forEachChunk(of: name) { chunk in
        count += chunk.count
        guard chunk.count % tensor.type.size == 0, 1...1 << 20 ~= chunk.count else {
          throw DamagedFiles.Contradiction("a chunk of \(chunk.count) bytes for \(tensor)")
        }
      }
      guard count == tensor.byteCount else {
        throw DamagedFiles.Contradiction("\(count) bytes for \(tensor)")
      }
      guard let range = file.plainRange(of: name) else { continue }
      guard range.count == count, try ReadOnlyFile(file.path).size >= range.upperBound else {
        throw DamagedFiles.Contradiction("range \(range) for \(tensor)")
      }
    }
  }
}
