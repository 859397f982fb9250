import COpenBLAS
import Diagnostics
import Machine
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
  /// Why OpenBLAS cannot be used, once it has been asked for.
  static let fault: InputError? = copenblas_load().map { reason in
    InputError(
      "OpenBLAS", expected: "its library, libopenblas.so.0, for metrics",
      found: String(cString: reason), remedy: "install it: 'make setup' does")
  }

  /// For entries that cannot throw: whatever leads to them threw ``BLAS/check()``'s error before.
  private static func requireBLAS() {
    if let fault { fatalError("\(fault)") }
  }

  /// Runs `body` in this thread with OpenBLAS to itself.
  static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    requireBLAS()
    return try body()
  }

  /// Runs `body` for 0..<count, in any order.
  static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    requireBLAS()
    Threads.forEach(count, body)
  }

  /// Runs 0..<count, each worker beginning with a state of its own, at most `limit` workers.
  /// - Throws: the first error; the rest is then left undone.
  static func forEach<State>(
    _ count: Int, limit: Int = .max, state: @Sendable () throws -> State,
    _ body: @Sendable (inout State, Int) throws -> Void
  ) throws {
    try BLAS.check()
    let next = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    forEach(max(1, min(Threads.count, limit, count))) { _ in
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
