import COpenBLAS
import Dispatch
import Foundation
import Synchronization

/// Independent pieces of work over the machine's cores, each computed by one thread alone.
///
/// OpenBLAS is kept to the thread that calls it, for the whole process. Its own pool waits
/// at barriers inside every step of a factorisation: measured at 2048 dimensions on two cores
/// that others use too, `dsyevd` takes 0.6 s in one thread and 2.8 to 14 s in two, and on
/// quiet cores the steps that take the time (half of the tridiagonal reduction) are limited by
/// memory. One thread each also leaves no second pool that spins beside oneDNN's, and makes
/// the numbers independent of the number of cores.
enum Workers {
  /// Makes OpenBLAS stay in the calling thread; done once.
  private static let serialBLAS: Void = openblas_set_num_threads(1)

  /// Runs `body` in this thread with OpenBLAS to itself.
  static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    _ = serialBLAS
    return try body()
  }

  /// Runs `body` for 0..<count, in any order.
  static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    _ = serialBLAS
    guard count > 1 else { return (0..<max(count, 0)).forEach(body) }
    DispatchQueue.concurrentPerform(iterations: count, execute: body)
  }

  /// Runs 0..<count, each worker beginning with a state of its own, at most `limit` workers.
  /// - Throws: the first error; the rest is then left undone.
  static func forEach<State>(
    _ count: Int, limit: Int = .max, state: @Sendable () throws -> State,
    _ body: @Sendable (inout State, Int) throws -> Void
  ) throws {
    let next = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    forEach(max(1, min(cores, limit, count))) { _ in
      do {
        var state = try state()
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          try body(&state, index)
        }
      } catch {
        failure.withLock { $0 = $0 ?? error }
        next.store(count, ordering: .relaxed)
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// The values of `body` for 0..<count, in order.
  static func map<Value: Sendable>(
    _ count: Int, limit: Int = .max, _ body: @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    let values = Mutex([Value?](repeating: nil, count: count))
    try forEach(count, limit: limit, state: {}) { _, index in
      let value = try body(index)
      values.withLock { $0[index] = value }
    }
    return values.withLock { $0.compactMap(\.self) }
  }
}
