import Dispatch
import Foundation
import Synchronization

/// How many threads a process computes with.
///
/// The networks run in libgomp's pool, all else (decoding, drawing of batches, metrics) in
/// Dispatch's; both take their number from here, and OpenBLAS has no pool at all.
public enum Threads {
  /// What `--threads` may be.
  public static let range = 1...1024

  /// Processors that this process may use: those it is bound to, and no more than its control
  /// groups give it time on.
  public static let available = available(
    bound: ProcessInfo.processInfo.activeProcessorCount, quota: ProcessorQuota().processors())

  static func available(bound: Int, quota: Double?) -> Int {
    let processors = quota.map { min(Double(bound), $0.rounded(.up)) } ?? Double(bound)
    return max(Int(processors), 1)
  }

  private static let stated = Mutex<Int?>(nil)

  /// The number that was asked for, or else OMP_NUM_THREADS, or else ``available``.
  public static var count: Int {
    stated.withLock(\.self) ?? unstated
  }

  private static let unstated =
    count(openMP: ProcessInfo.processInfo.environment["OMP_NUM_THREADS"]) ?? available

  /// The first number of a list such as "4,2", which is for the outermost level.
  static func count(openMP value: String?) -> Int? {
    guard let first = value?.split(separator: ",").first,
      let count = Int(first.trimmingCharacters(in: .whitespaces)), range.contains(count)
    else { return nil }
    return count
  }

  /// Makes ``count`` this number, for the whole process.
  /// - Precondition: it lies in ``range``.
  public static func use(_ count: Int) {
    precondition(range.contains(count))
    stated.withLock { $0 = count }
  }

  /// Runs `body` for 0..<count in any order, on no more than ``count`` threads at a time.
  public static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let threads = min(Threads.count, count)
    guard threads > 1 else { return (0..<max(count, 0)).forEach(body) }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
      }
    }
  }
}
