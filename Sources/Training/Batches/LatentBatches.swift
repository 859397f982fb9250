import Diagnostics
import Foundation
import Randomness
import Synchronization
import TensorGraph

/// How the draws of a flow's training are made.
public struct FlowDraws: Sendable, Equatable {
  /// The share of labels replaced by the null label.
  public var labelDropout: Double
  public var time: TimeDistribution
  /// nil for losses without a Δt.
  public var offset: TimeOffsetOptions?

  public init(_ options: PredictorTrainingOptions) {
    labelDropout = options.labelDropout
    time = options.time
  }

  public init(_ options: RefinerTrainingOptions) {
    labelDropout = options.labelDropout
    time = options.time
    offset = options.offset
  }
}

/// Batches of latents, noise, times and labels for the flow losses.
///
/// Every draw belongs to the number of the sample in the run (step · batch + row)
/// and to one purpose, so none depends on the ones before it.
public final class LatentBatches: BatchSource {
  private let source: any LatentSource
  private let draws: FlowDraws
  private let seed: UInt64
  private let order: Mutex<EpochOrder>

  /// - Parameter training: indices of the samples to train on, at least one.
  public init(
    _ source: any LatentSource, training: [Int], draws: FlowDraws, seed: UInt64
  ) throws {
    guard !training.isEmpty else { throw InputError("latents: there is no sample to train on") }
    try source.checkLabels()
    self.source = source
    self.draws = draws
    self.seed = seed
    order = Mutex(EpochOrder(training, seed: seed))
  }

  public func fill(_ batch: Batch, step: Int) throws {
    let first = step * batch.count
    order.withLock { order in
      for row in 0..<batch.count { batch.indices[row] = order.sample(first + row) }
    }
    var batchOffset = stream(.timeOffset, UInt64(step))
    let sharedOffset = draws.offset.map { $0.draw(&batchOffset) }
    let posterior = PosteriorSampler(source)
    for row in 0..<batch.count {
      let number = UInt64(first + row)
      let index = batch.indices[row]

      if let x1 = batch.floats("x1", row: row) {
        var flip = stream(.flip, number)
        var noise = stream(.posterior, number)
        try posterior.draw(index, flipped: flip.uniform() < 0.5, noise: &noise, into: x1)
      }
      if let x0 = batch.floats("x0", row: row) {
        var noise = stream(.noise, number)
        noise.fillNormal(x0)
      }
      var time = stream(.time, number)
      batch.setFloat("t", row: row, draws.time.draw(&time))
      if let offset = draws.offset, let sharedOffset {
        var own = stream(.timeOffset, number)
        batch.setFloat("dt", row: row, offset.per == .batch ? sharedOffset : offset.draw(&own))
      }
      let label = source.labels[index]
      var dropout = stream(.labelDropout, number)
      let isDropped = Double(dropout.uniform()) < draws.labelDropout
      batch.setInteger("labels", row: row, label)
      batch.setInteger("dropped_labels", row: row, isDropped ? Int32(source.classes) : label)
    }
  }

  private func stream(_ purpose: DrawPurpose, _ index: UInt64) -> RandomStream {
    RandomStream(seed: seed, purpose: purpose, index: index)
  }
}

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
    try source.checkLabels()
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

/// Draws latents from posteriors: (mean + exp(logVariance/2)·ε)·scale.
private struct PosteriorSampler {
  private let source: any LatentSource
  private let mean: HostTensor
  private let logVariance: HostTensor

  init(_ source: any LatentSource) {
    self.source = source
    mean = HostTensor(shape: source.sampleShape)
    logVariance = HostTensor(shape: source.sampleShape)
  }

  func draw(
    _ index: Int, flipped: Bool, noise: inout RandomStream,
    into latent: UnsafeMutableBufferPointer<Float>
  ) throws {
    let (means, logVariances) = (mean.floats, logVariance.floats)
    guard means.count == latent.count else {
      throw InputError(
        "latents", expected: "\(latent.count) values each, as the model takes",
        found: "shape \(source.sampleShape)")
    }
    try source.readPosterior(index, flipped: flipped, mean: means, logVariance: logVariances)
    for i in latent.indices {
      let deviation = exp(logVariances[i] / 2)
      latent[i] = (means[i] + deviation * noise.normal()) * source.scale
    }
  }
}

extension LatentSource {
  /// - Throws: `InputError` where a label is no class.
  func checkLabels() throws {
    guard labels.count == count else {
      throw InputError("latents", expected: "\(count) labels", found: "\(labels.count)")
    }
    if let wrong = labels.firstIndex(where: { $0 < 0 || Int($0) >= classes }) {
      throw InputError(
        "latents: label of sample \(wrong)", expected: "0 to \(classes - 1)",
        found: "\(labels[wrong])")
    }
  }
}
