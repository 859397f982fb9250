import Checkpoints
import Foundation
import FuzzSupport
import Models
import TensorGraph
import Testing

@testable import ModelFiles

/// What loading takes beside the weights, seen in a process of its own.
struct LoadingMemoryTests {
  private static let count = 8 << 20
  private static let tensors = 6

  /// 192 MiB of binary32 in all, stored as `storage`.
  private static func write(_ storage: FloatStorage) throws -> String {
    let path = NSTemporaryDirectory() + "loading-\(UUID().uuidString).safetensors"
    let values = [Float](repeating: 1.5, count: count)
    try SafetensorsWriter.write(
      (0..<tensors).map { TensorRecord("t\($0)", shape: [count], floats: values, as: storage) },
      metadata: [:], to: path)
    return path
  }

  /// The peak of resident memory over the weights' size while they are all loaded and summed.
  private static func ratio(_ storage: FloatStorage) throws -> Double {
    let path = try write(storage)
    defer { unlink(path) }
    let peak = PeakMemory()
    let file = try TensorFiles.open(path)
    let weights = try file.names.map { try file.hostTensor($0, shape: [count]) }
    // Every page is touched.
    for tensor in weights {
      guard tensor.floats.reduce(0, { $0 + ($1 == 1.5 ? 1 : 0) }) == count else { return .nan }
    }
    return Double(peak.growth) / Double(4 * count * tensors)
  }

  @Test func plainFloatsTakeTheirOwnSize() async {
    await #expect(processExitsWith: .success) {
      let ratio = try LoadingMemoryTests.ratio(.float32)
      exit(ratio > 0.9 && ratio < 1.2 ? 0 : 1)
    }
  }

  @Test func halvesAreConvertedPieceByPiece() async {
    await #expect(processExitsWith: .success) {
      let ratio = try LoadingMemoryTests.ratio(.float16)
      exit(ratio > 0.9 && ratio < 1.2 ? 0 : 1)
    }
  }
}
