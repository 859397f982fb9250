import CPUExecutor
import EngineTestSupport
import ReferenceExecutor
import TensorGraph
import Testing

/// What variables hold after several runs, against the reference. Values may be
/// computed where a variable lies only if nothing reads its old value afterwards.
struct AssignmentTests {
  private static let start: [Float] = [0.5, -1, 2, 3, 0.25, -0.75]

  /// Runs `build` three times on variables a, b, c of shape (2, 3) and input x.
  private func expectAgreement(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ build: (_ graph: Graph, _ a: Tensor, _ b: Tensor, _ c: Tensor, _ x: Tensor) throws -> Void
  ) throws {
    let graph = Graph()
    let variables = try ["a", "b", "c"].map { try graph.variable($0, [2, 3]) }
    try build(graph, variables[0], variables[1], variables[2], graph.input("x", [2, 3]))
    try GraphValidator.validate(graph)

    func run(_ executor: any Executor) throws -> [[Float]] {
      let names = ["a", "b", "c"]
      let storage = Dictionary(
        uniqueKeysWithValues: names.enumerated().map { index, name in
          (name, HostTensor(Self.start.map { $0 * Float(index + 1) }, shape: [2, 3]))
        })
      let program = try executor.compile(graph, variables: storage, frozen: false)
      var seen: [[Float]] = []
      for step in 1...3 {
        let x = HostTensor(Self.start.map { $0 * Float(step) - 1 }, shape: [2, 3])
        let outputs = try program.run(["x": x])
        seen += outputs.sorted { $0.key < $1.key }.map { $0.value.array() }
        seen += names.map { storage[$0]?.array() ?? [] }
      }
      return seen
    }
    let expected = try run(ReferenceExecutor<Double>())
    let found = try run(CPUExecutor())
    var error = LargestError()
    for (index, (a, b)) in zip(found, expected).enumerated() {
      error.merge(
        "tensor \(index)", found: a.map { Double($0) }, expected: b.map { Double($0) },
        shape: Shape([b.count]), floor: 1)
    }
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    #expect(error.error < 1e-5, "\(error)", sourceLocation: sourceLocation)
  }

  @Test func inPlace() throws {
    try expectAgreement { graph, a, _, _, x in try graph.assign(a, a * 0.5 + x) }
  }

  @Test func swapped() throws {
    try expectAgreement { graph, a, b, c, _ in
      try graph.assign(a, b)
      try graph.assign(b, c)
      try graph.assign(c, a)
    }
  }

  @Test func oldValuesAreReadAfterwards() throws {
    try expectAgreement { graph, a, b, _, x in
      let next = try a + x
      try graph.assign(a, next)
      graph.output("old", try a * next)
      try graph.assign(b, a - next)
    }
    try expectAgreement { graph, a, _, _, x in
      try graph.assign(a, a + x)
      graph.output("a", a)
    }
  }

  /// The second operand is a part of the first, which must not be overwritten while it is read.
  @Test func partsOfTheVariableItself() throws {
    try expectAgreement { graph, a, b, c, x in
      try graph.assign(a, a - a.slice(axis: 0, 0..<1))
      try graph.assign(b, b.slice(axis: 0, 1..<2) + b)
      try graph.assign(c, c * c)
    }
    try expectAgreement { graph, a, b, _, _ in
      try graph.assign(a, a.reshaped([3, 2]).transposed([1, 0]))
      try graph.assign(
        b, b.slice(axis: 0, 1..<2).concatenated(with: b.slice(axis: 0, 0..<1), axis: 0))
    }
  }

  @Test func oneValueForTwo() throws {
    try expectAgreement { graph, a, b, _, x in
      let next = try a + b * x
      try graph.assign(a, next)
      try graph.assign(b, next)
      graph.output("next", next)
    }
  }

  @Test func inputsAndConstants() throws {
    try expectAgreement { graph, a, b, c, x in
      try graph.assign(a, x)
      try graph.assign(b, graph.constant(3).broadcast(to: [2, 3]))
      try graph.assign(c, a.reshaped([3, 2]).reshaped([2, 3]))
      graph.output("x", x)
    }
  }

  /// A step of training: a gradient, its update and the running average.
  @Test func adamW() throws {
    let settings = AdamWSettings(beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1)
    try expectAgreement { graph, weight, _, average, x in
      let error = try x.linear(weight: weight, bias: nil) - 1
      let loss = try (error * error).mean()
      let gradient = try loss.gradients(withRespectTo: [weight])[0]
      let moment = try graph.constant(0.5).broadcast(to: [2, 3])
      let rates = graph.constant([0.1, 0.1, 0.01, 0.9, 0.5], shape: [5])
      let updated = try graph.add(
        .adamW(settings), [weight, gradient, moment, moment, average, rates])
      try graph.assign(weight, updated[0])
      try graph.assign(average, updated[3])
      graph.output("loss", loss)
      graph.output("m", updated[1])
    }
  }
}
