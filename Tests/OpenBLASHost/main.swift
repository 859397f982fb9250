// Prints the kernels that OpenBLAS uses on this machine, the threads of the process once it is
// loaded, and what its loading has left in the environment.
import Evaluation
import Foundation

let core = try BLAS.core()
let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
let left = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("OPENBLAS_") }
  .map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
print("\(core) \(threads) \(left)")
