import CDNN
import CKernels
import Diagnostics
import TensorGraph

/// Compiles graphs for this machine's processor cores: matmul and convolution by
/// oneDNN, the rest by small kernels, all in one thread pool and one arena.
public struct CPUExecutor: Executor {
  public let precision: Precision
  public let compilation: Compilation

  /// - Parameter precision: what programs multiply in.
  public init(precision: Precision = .float32, compilation: Compilation = .whole) {
    self.precision = precision
    self.compilation = compilation
  }

  public func compile(_ graph: Graph, variables: [String: HostTensor], frozen: Bool) throws
    -> any Program
  {
    try Profile.phase("compile") {
      switch compilation {
      case .whole:
        try CPUProgram(graph, variables: variables, frozen: frozen, precision: precision)
      case .separate:
        try SingleOperations(graph, variables: variables, precision: precision)
      }
    }
  }

  /// Bytes that a program of `graph` takes beside its variables: every intermediate value
  /// and scratch area, as they share the arena. Nothing is allocated.
  public static func workingMemory(
    of graph: Graph, frozen: Bool, precision: Precision = .float32
  ) throws -> Int {
    try CPUProgram.Layout(graph, frozen: frozen, precision: precision).plan.arenaBytes
  }

  /// oneDNN's version as major, minor, patch.
  public static var libraryVersion: (major: Int, minor: Int, patch: Int) {
    let version = Int(cdnn_version())
    return (version / 10000, version / 100 % 100, version % 100)
  }

  /// Threads that programs of this process use.
  public static var threads: Int {
    get { Int(ck_threads()) }
    set { ck_set_threads(Int32(clamping: newValue)) }
  }
}
