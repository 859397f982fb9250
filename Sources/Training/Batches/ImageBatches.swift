import Diagnostics
import Machine
import Randomness
import Synchronization
import TensorGraph

/// Square RGB images of one size, decoded as they are asked for.
public struct ImageSource: Sendable {
  public let count: Int
  public let side: Int
  /// Class of each image; empty where nothing asks for it.
  public let labels: [Int]
  /// Row-major bytes (side, side, 3) of image `index`, 0 ..< count.
  public let pixels: @Sendable (_ index: Int) throws -> [UInt8]

  public init(
    count: Int, side: Int, labels: [Int] = [],
    pixels: @escaping @Sendable (_ index: Int) throws -> [UInt8]
  ) {
    self.count = count
    self.side = side
    self.labels = labels
    self.pixels = pixels
  }

  /// - Throws: `InputError` where a label is missing or no class.
  func checkLabels(classes: Int) throws {
    guard labels.count == count else {
      throw InputError("images", expected: "\(count) labels", found: "\(labels.count)")
    }
    if let wrong = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
      throw InputError(
        "images: label of image \(wrong)", expected: "a class of the model, 0 to \(classes - 1)",
        found: "\(labels[wrong])")
    }
  }

  /// Fills row `row` of `batch` with image `index` and its class, where the loss takes them.
  func fill(_ batch: Batch, row: Int, index: Int, flipped: Bool) throws {
    if let image = batch.floats("images", row: row) {
      try read(index, flipped: flipped, into: image)
    }
    if labels.indices.contains(index) {
      batch.setFloat("classes", row: row, Float(labels[index]))
    }
  }

  /// Writes image `index` as (3, side, side) in [−1, 1].
  private func read(
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

/// Batches of images, half of them mirrored, with their classes for a feature network's loss
/// and posterior noise for the autoencoder's.
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
    Threads.forEach(batch.count) { row in
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
    try source.fill(batch, row: row, index: batch.indices[row], flipped: flip.uniform() < 0.5)
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
    try source.fill(batch, row: row, index: indices[index], flipped: false)
    if let noise = batch.floats("noise", row: row) {
      var stream = RandomStream(seed: seed, purpose: .heldOut, index: UInt64(index))
      stream.fillNormal(noise)
    }
    return 0
  }
}
