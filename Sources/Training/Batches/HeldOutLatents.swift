import Randomness
import TensorGraph

/// Held-out latents, the same noise, time and Δt each time they are asked for.
/// Times are spread evenly over the bins; no flip, no dropped label.
public struct HeldOutLatents: HeldOutSource {
  public let binCount = 10
  private let source: any LatentSource
  private let indices: [Int]
  private let offset: TimeOffsetOptions?
  private let seed: UInt64

  /// - Parameter heldOut: indices of the samples that are not trained on.
  public init(_ source: any LatentSource, heldOut: [Int], draws: FlowDraws, seed: UInt64) throws {
    try source.checkLabels(classes: draws.classes)
    self.source = source
    indices = heldOut
    offset = draws.offset
    self.seed = seed
  }

  public var count: Int { indices.count }

  public func fill(_ batch: Batch, row: Int, index: Int) throws -> Int {
    var stream = RandomStream(seed: seed, purpose: .heldOut, index: UInt64(index))
    let sample = indices[index]
    let bin = index % binCount
    batch.indices[row] = sample
    batch.setFloat("t", row: row, (Float(bin) + stream.uniform()) / Float(binCount))
    if let offset { batch.setFloat("dt", row: row, offset.draw(&stream)) }
    batch.setInteger("labels", row: row, source.labels[sample])
    batch.setInteger("dropped_labels", row: row, source.labels[sample])
    if let x0 = batch.floats("x0", row: row) { stream.fillNormal(x0) }
    if let x1 = batch.floats("x1", row: row) {
      try PosteriorSampler(source).draw(sample, flipped: false, noise: &stream, into: x1)
    }
    return bin
  }
}
