import Foundation

/// Runs `work` for the indices of a range on several threads and hands the results over
/// in order. At most `lookahead` results exist at a time, however slow the consumer is.
public final class OrderedPrefetch<Output: Sendable> {
  private let range: Range<Int>
  private let lookahead: Int
  private let work: @Sendable (Int) -> Output
  private let queue = OperationQueue()
  private var pending: [Slot] = []  // in order: the first is that of `nextIndex`
  private var nextIndex: Int

  /// Written by one worker before `done` is signalled, read by the consumer after it.
  private final class Slot: @unchecked Sendable {
    let done = DispatchSemaphore(value: 0)
    var output: Output?
  }

  /// - Parameters:
  ///   - workers: threads, at least 1.
  ///   - work: called on several threads at once, for ascending indices.
  public init(
    _ range: Range<Int>, workers: Int, lookahead: Int, work: @escaping @Sendable (Int) -> Output
  ) {
    self.range = range
    self.lookahead = max(lookahead, 1)
    self.work = work
    nextIndex = range.lowerBound
    queue.maxConcurrentOperationCount = max(workers, 1)
  }

  deinit { queue.cancelAllOperations() }

  /// The result of the next index, waiting for it if need be; nil after the last.
  public func next() -> (index: Int, output: Output)? {
    while pending.count < lookahead, nextIndex + pending.count < range.upperBound {
      let slot = Slot()
      let index = nextIndex + pending.count
      pending.append(slot)
      queue.addOperation { [work] in
        slot.output = work(index)
        slot.done.signal()
      }
    }
    guard !pending.isEmpty else { return nil }
    let slot = pending.removeFirst()
    slot.done.wait()
    nextIndex += 1
    return slot.output.map { (nextIndex - 1, $0) }
  }
}
