import CPUExecutor
import Machine

/// What a command may take of the machine.
public enum Processors {
  /// What ``use(threads:)`` takes.
  public static var range: ClosedRange<Int> { Threads.range }

  /// Threads that compute.
  public static var count: Int { Threads.count }

  /// Sets the threads of networks, decoding and metrics. Comes first, on the thread that
  /// computes: OpenMP keeps a number for each thread that starts work.
  /// - Parameter threads: nil for OMP_NUM_THREADS, or else the available cores.
  public static func use(threads: Int?) {
    if let threads { Threads.use(threads) }
    CPUExecutor.threads = Threads.count
  }
}
