import CDNN
import CKernels
import TensorGraph

/// Compiles graphs for this machine's processor cores: matmul and convolution by
/// oneDNN, the rest by small kernels, all in one thread pool and one arena.
public struct CPUExecutor: Executor {
  public init() {}

  public func compile(_ graph: Graph, variables: [String: HostTensor], frozen: Bool) throws
    -> any Program
  {
    try CPUProgram(graph, variables: variables, frozen: frozen)
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
