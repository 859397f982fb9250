import EngineTestSupport
import Randomness
import TensorGraph
import Testing

@testable import CPUExecutor

/// Graphs run operation by operation give what whole programs give.
@Suite struct SingleOperationTests {
  /// A network in small: products with weights and activations, a convolution with what follows
  /// it, slices and reshapes, one value that two read.
  private func graph() throws -> Graph {
    let graph = Graph()
    let x = try graph.input("x", [2, 8])
    let hidden = try x.linear(
      weight: graph.variable("w1", [16, 8]), bias: graph.variable("b1", [16])
    ).gelu()
    let narrow = try hidden.linear(weight: graph.variable("w2", [8, 16]), bias: nil)
    graph.output("sum", try narrow + x * graph.constant(0.5))
    graph.output("part", try hidden.slice(axis: 0, 1..<2).reshaped([4, 4]))
    graph.output("same", x)
    return graph
  }

  private func tensors(_ shapes: [String: Shape]) -> [String: HostTensor] {
    shapes.mapValues { shape in
      var stream = RandomStream(
        seed: 3, purpose: .initialisation, index: UInt64(shape.elementCount))
      return HostTensor((0..<shape.elementCount).map { _ in stream.normal() }, shape: shape)
    }
  }

  @Test(arguments: [Precision.float32, .bfloat16])
  func agreeWithWholePrograms(_ precision: Precision) throws {
    let graph = try graph()
    let variables = tensors(["w1": [16, 8], "b1": [16], "w2": [8, 16]])
    let inputs = tensors(["x": [2, 8]])
    let whole = try CPUExecutor(precision: precision).compile(
      graph, variables: variables, frozen: true
    ).run(inputs)
    let program = try CPUExecutor(precision: precision, compilation: .separate).compile(
      graph, variables: variables, frozen: true)
    let tolerance: Float = precision == .float32 ? 1e-5 : 0.05
    // Twice: nothing of a run is left for the next.
    for _ in 0..<2 {
      let separate = try program.run(inputs)
      #expect(separate.keys.sorted() == whole.keys.sorted())
      for (name, value) in whole {
        let other = try #require(separate[name])
        #expect(other.shape == value.shape)
        let largest = zip(value.array(), other.array()).map { abs($0 - $1) }.max()
        #expect(try #require(largest) < tolerance, "\(name)")
      }
    }
  }

  @Test func nothingIsJoined() throws {
    let graph = try graph()
    let schedule = Schedule(graph)
    #expect(
      Instruction.list(graph, schedule).count < Instruction.single(graph, schedule).count)
  }

  @Test func mistakesAreNamed() throws {
    let graph = try graph()
    let executor = CPUExecutor(compilation: .separate)
    let missing = #expect(throws: ProgramError.self) {
      try executor.compile(graph, variables: [:], frozen: true)
    }
    #expect(missing?.description.contains("found nothing") == true)
    let program = try executor.compile(
      graph, variables: tensors(["w1": [16, 8], "b1": [16], "w2": [8, 16]]), frozen: true)
    #expect(throws: ProgramError.self) { try program.run([:]) }
    #expect(throws: ProgramError.self) { try program.run(tensors(["x": [8, 2]])) }
    let training = Graph()
    let w = try training.variable("w", [2])
    try training.assign(w, w + w)
    #expect(throws: ProgramError.self) {
      try executor.compile(training, variables: tensors(["w": [2]]), frozen: false)
    }
  }
}
