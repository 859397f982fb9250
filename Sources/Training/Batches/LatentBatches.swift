import Diagnostics
import Randomness
import Synchronization
import TensorGraph

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
    try source.checkLabels(classes: draws.classes)
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
      batch.setInteger("dropped_labels", row: row, isDropped ? Int32(draws.classes) : label)
    }
  }

  private func stream(_ purpose: DrawPurpose, _ index: UInt64) -> RandomStream {
    RandomStream(seed: seed, purpose: purpose, index: index)
  }
}
