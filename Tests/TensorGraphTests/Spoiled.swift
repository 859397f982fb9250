import ReferenceExecutor
import TensorGraph

/// The reference, with every output multiplied by `factor` from one run on.
struct Spoiled: Executor {
  let factor: Float
  let firstRun: Int

  init(by factor: Float, fromRun firstRun: Int) {
    self.factor = factor
    self.firstRun = firstRun
  }

  func compile(_ graph: Graph, variables: [String: HostTensor], frozen: Bool) throws
    -> any Program
  {
    SpoiledProgram(
      try ReferenceExecutor<Float>().compile(graph, variables: variables, frozen: frozen), self)
  }
}

private final class SpoiledProgram: Program {
  private let program: any Program
  private let spoiled: Spoiled
  private var runs = 0

  init(_ program: any Program, _ spoiled: Spoiled) {
    self.program = program
    self.spoiled = spoiled
  }

  func run(_ inputs: [String: HostTensor]) throws -> [String: HostTensor] {
    runs += 1
    let outputs = try program.run(inputs)
    for output in outputs.values where runs >= spoiled.firstRun {
      for i in output.floats.indices { output.floats[i] *= spoiled.factor }
    }
    return outputs
  }
}
