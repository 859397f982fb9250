import Diagnostics
import Dispatch
import Randomness
import Synchronization
import TensorGraph

/// Square RGB images of one size, decoded as they are asked for.
public struct ImageSource: Sendable {
  public let count: Int
  public let side: Int
  /// Row-major bytes (side, side, 3) of image `index`, 0 ..< count.
  public let pixels: @Sendable (_ index: Int) throws -> [UInt8]

  public init(count: Int, side: Int, pixels: @escaping @Sendable (_ index: Int) throws -> [UInt8]) {
    self.count = count
    self.side = side
    self.pixels = pixels
  }

  /// Writes image `index` as (3, side, side) in [−1, 1].
  func read(
    _ index: Int, flipped: Bool, into planes: UnsafeMutableBufferPointer<Float>
  ) throws {
    let bytes = try pixels(index)
    guard bytes.count == side * side * 3, planes.count == bytes.count else {
      throw InputError(
        "image \(index)", expected: "\(side)×\(side) RGB pixels, as the model takes",
        found: "\(bytes.count) bytes for \(planes.count) values")
    }
    for row in 0..<side {
      for column in 0..<side {
        let from = (row * side + (flipped ? side - 1 - column : column)) * 3
        for channel in 0..<3 {
          planes[(channel * side + row) * side + column] = Float(bytes[from + channel]) / 127.5 - 1
        }
      }
    }
  }
}

/// Batches of images and posterior noise for the autoencoder's loss; half of the
/// images are mirrored.
public final class ImageBatches: BatchSource {
  private let source: ImageSource
  private let seed: UInt64
  private let order: Mutex<EpochOrder>

  /// - Parameter training: indices of the images to train on, at least one.
  public init(_ source: ImageSource, training: [Int], seed: UInt64) throws {
    guard !training.isEmpty else { throw InputError("images: there is none to train on") }
    self.source = source
    self.seed = seed
    order = Mutex(EpochOrder(training, seed: seed))
  }

  public func fill(_ batch: Batch, step: Int) throws {
    let first = step * batch.count
    order.withLock { order in
      for row in 0..<batch.count { batch.indices[row] = order.sample(first + row) }
    }
    // A row depends on its number alone, so threads change nothing; nor does it depend on
    // them which error is thrown: the first row's.
    let failure = Mutex<(row: Int, error: any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: batch.count) { row in
      do {
        try fill(batch, row: row, number: UInt64(first + row))
      } catch {
        failure.withLock { earlier in
          if row < earlier?.row ?? .max { earlier = (row, error) }
        }
      }
    }
    if let (_, error) = failure.withLock({ $0 }) { throw error }
  }

  private func fill(_ batch: Batch, row: Int, number: UInt64) throws {
    var flip = RandomStream(seed: seed, purpose: .flip, index: number)
    if let image = batch.floats("images", row: row) {
      try source.read(batch.indices[row], flipped: flip.uniform() < 0.5, into: image)
    }
    if let noise = batch.floats("noise", row: row) {
      var stream = RandomStream(seed: seed, purpose: .posterior, index: number)
      stream.fillNormal(noise)
    }
  }
}

/// Held-out images, all in one bin, the same noise each time.
public struct HeldOutImages: HeldOutSource {
  public let binCount = 1
  private let source: ImageSource
  private let indices: [Int]
  private let seed: UInt64

  public init(_ source: ImageSource, heldOut: [Int], seed: UInt64) {
    self.source = source
    indices = heldOut
    self.seed = seed
  }

  public var count: Int { indices.count }

  public func fill(_ batch: Batch, row: Int, index: Int) throws -> Int {
    batch.indices[row] = indices[index]
    if let image = batch.floats("images", row: row) {
      try source.read(indices[index], flipped: false, into: image)
    }
    if let noise = batch.floats("noise", row: row) {
      var stream = RandomStream(seed: seed, purpose: .heldOut, index: UInt64(index))
      stream.fillNormal(noise)
    }
    return 0
  }
}
