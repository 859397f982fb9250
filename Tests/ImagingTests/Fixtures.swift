import Foundation
import Imaging
import Testing

/// The files beside the tests.
enum Fixtures {
  static let root = Bundle.module.resourcePath.map { "\($0)/Fixtures" } ?? "Fixtures"

  static func path(_ name: String) -> String { "\(root)/\(name)" }

  /// `n00000001_4` → its file in the photographs' tree.
  static func photograph(_ name: String) -> String {
    name == "one_pixel"
      ? path("images/edge/one_pixel.JPEG") : path("images/train/\(name.dropLast(2))/\(name).JPEG")
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }
}

/// Writes a file and the folders above it.
@discardableResult
func write(_ bytes: [UInt8], to path: String) throws -> String {
  let url = URL(fileURLWithPath: path)
  try FileManager.default.createDirectory(
    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
  try Data(bytes).write(to: url)
  return path
}

/// The tensors of a safetensors file; enough for the fixtures.
struct Tensors {
  struct Tensor {
    let shape: [Int]
    let bytes: [UInt8]

    /// (height, width, channels) or (height, width).
    var image: PixelArray {
      PixelArray(
        width: shape[1], height: shape[0], channels: shape.count > 2 ? shape[2] : 1, pixels: bytes)
    }

    func values<Value>(as type: Value.Type) -> [Value] {
      bytes.withUnsafeBytes { raw in
        (0..<raw.count / MemoryLayout<Value>.size).map {
          raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: Value.self)
        }
      }
    }
  }

  private struct Entry: Decodable {
    let shape: [Int]
    let data_offsets: [Int]
  }

  private(set) var all: [String: Tensor] = [:]

  init(_ name: String) throws {
    let bytes = try Fixtures.bytes("\(name).safetensors")
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONDecoder().decode(
      [String: Entry].self, from: Data(bytes[8..<8 + length]))
    for (name, entry) in header {
      let range = 8 + length + entry.data_offsets[0]..<8 + length + entry.data_offsets[1]
      all[name] = Tensor(shape: entry.shape, bytes: Array(bytes[range]))
    }
  }

  /// Name without the prefix, and tensor, sorted by name.
  func under(_ prefix: String) -> [(name: String, tensor: Tensor)] {
    all.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
  }

  func callAsFunction(
    _ name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Tensor {
    try #require(all[name], "no tensor \(name)", sourceLocation: sourceLocation)
  }
}

/// The largest and the mean absolute difference of samples.
struct Difference {
  var largest = 0
  var mean = 0.0

  init(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) {
    var sum = 0
    for (x, y) in zip(a, b) {
      let difference = abs(Int(x) - Int(y))
      largest = max(largest, difference)
      sum += difference
    }
    if a.count != b.count { largest = 256 }
    mean = Double(sum) / Double(max(a.count, 1))
  }
}

/// Sample for sample, without printing thousands of them.
func expectEqual(
  _ actual: PixelArray, _ expected: PixelArray, _ name: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let isEqual = actual == expected
  #expect(
    isEqual, "\(name): largest difference \(Difference(actual.pixels, expected.pixels).largest)",
    sourceLocation: sourceLocation)
}
