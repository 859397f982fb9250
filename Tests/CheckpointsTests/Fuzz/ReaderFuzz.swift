import Checkpoints
import Files
import Foundation
import FuzzSupport
import Testing

/// What `make fuzz` and the tests have in common: files are damaged and read whole.
enum ReaderFuzz {
  /// Damaged files per reader: few in the tests, 200 000 in `make fuzz`, which sets
  /// `FUZZ_MUTATIONS`.
  static let mutations = ProcessInfo.processInfo.environment["FUZZ_MUTATIONS"].flatMap(Int.init)

  /// Of the mutations; `FUZZ_SEED` makes others.
  static let seed = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap(UInt64.init) ?? 1

  /// At most this much is read of one file.
  static let limit = 64 << 20

  /// - Parameter name: of the reader, for messages and the file that a crash leaves.
  static func run(
    _ name: String, corpus: [[UInt8]],
    sourceLocation: SourceLocation = #_sourceLocation, read: (String) throws -> Void
  ) throws {
    let file = FuzzFile(name)
    let report = try fuzz(corpus: corpus, mutations: mutations ?? 2000, seed: seed) { bytes in
      try file.write(bytes)
      try read(file.path)
    }
    #expect(report.accepted > 0 && report.refused > 0, sourceLocation: sourceLocation)
    // Beside other tests, time and memory are not this reader's alone.
    guard mutations != nil else { return }
    print("fuzz \(name): \(report)")
    #expect(report.longest < .seconds(5), sourceLocation: sourceLocation)
    #expect(report.memoryGrowth < limit, sourceLocation: sourceLocation)
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
          throw Contradiction(text: "a chunk of \(chunk.count) bytes for \(tensor)")
        }
      }
      guard count == tensor.byteCount else {
        throw Contradiction(text: "\(count) bytes for \(tensor)")
      }
      guard let range = file.plainRange(of: name) else { continue }
      guard range.count == count, try ReadOnlyFile(file.path).size >= range.upperBound else {
        throw Contradiction(text: "range \(range) for \(tensor)")
      }
    }
  }

  /// A reader whose answers do not fit each other.
  struct Contradiction: Error { let text: String }
}
