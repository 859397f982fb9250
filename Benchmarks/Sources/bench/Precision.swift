import ArgumentParser
import CPUExecutor
import TensorGraph

extension Precision: @retroactive Codable, @retroactive ExpressibleByArgument {
  /// Those that the processor multiplies by itself.
  static var measured: [Precision] {
    BFloat16Support.ofThisProcessor == .native ? [.float32, .bfloat16] : [.float32]
  }

  var executor: CPUExecutor { CPUExecutor(precision: self) }

  /// Bytes of the arena of a program whose variables do not change but by its assignments.
  func workingMemory(of graph: Graph) throws -> Int {
    try CPUExecutor.workingMemory(of: graph, frozen: true, precision: self)
  }
}
