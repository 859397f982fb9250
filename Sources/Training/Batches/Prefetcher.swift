import Diagnostics
import Dispatch

/// Fills the batch of the next step while the present one is computed with.
final class Prefetcher: @unchecked Sendable {
  // Unchecked: `filled` is touched on `queue` only; a slot is either being filled
  // there or lent to the caller.

  private let source: any BatchSource
  private let slots: [Batch]
  private let queue = DispatchQueue(label: "training.batches", qos: .userInitiated)
  private var filled: (step: Int, result: Result<Batch, any Error>)?

  init(_ source: any BatchSource, inputs: [BatchInput], count: Int) {
    self.source = source
    slots = (0..<2).map { _ in Batch(inputs, count: count) }
  }

  /// The batch of `step`, valid until the next call. Starts on the one after it.
  func batch(step: Int, isLast: Bool) throws -> Batch {
    let batch = try queue.sync {
      if filled?.step != step { fill(step) }
      guard let filled else { throw CancellationError() }
      return try filled.result.get()
    }
    let profile = Profile.current
    if !isLast {
      queue.async { Profile.$current.withValue(profile) { self.fill(step + 1) } }
    }
    return batch
  }

  private func fill(_ step: Int) {
    let batch = slots[step % 2]
    filled = (
      step,
      Result {
        try Profile.phase("fill a batch") { try source.fill(batch, step: step) }
        return batch
      }
    )
  }
}
