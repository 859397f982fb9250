import EngineTestSupport
import ReferenceExecutor
import TensorGraph
import Testing

/// Every operation: shape, finite values, and gradients by finite differences.
struct OperationTests {
  @Test(arguments: operationCases)
  func gradientsEqualDifferenceQuotients(_ operation: OperationCase) throws {
    try check(operation)
  }

  @Test(arguments: largeOperationCases)
  func singlePrecisionEqualsDouble(_ operation: OperationCase) throws {
    let error = try compare(executor: ReferenceExecutor<Float>(), case: operation)
    #expect(error.error < 5e-5, "\(error)")
  }

  @Test func casesHaveNamesOfTheirOwn() {
    let names = (operationCases + largeOperationCases).map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test func casesCoverEveryOperation() throws {
    var kinds: Set<OperationKind> = []
    var unary: Set<UnaryFunction> = []
    var binary: Set<BinaryFunction> = []
    for operation in operationCases {
      for asVariables in [false, true] {
        let graph = Graph()
        let built = try operation.build(graph, asVariables: asVariables)
        if operation.isDifferentiable {
          _ = try built.loss().gradients(withRespectTo: built.floatInputs)
        }
        try GraphValidator.validate(graph)
        for node in graph.nodes {
          kinds.insert(OperationKind(node.operation))
          if case .unary(let function) = node.operation { unary.insert(function) }
          if case .binary(let function) = node.operation { binary.insert(function) }
        }
      }
    }
    #expect(Set(OperationKind.allCases).subtracting(kinds).isEmpty)
    #expect(Set(UnaryFunction.allCases).subtracting(unary).isEmpty)
    #expect(Set(BinaryFunction.allCases).subtracting(binary).isEmpty)
  }

  @Test func onlyGradientsAndUpdatesHaveNoGradient() {
    let exempt = operationCases.filter { !$0.isDifferentiable }.map(\.name)
    #expect(exempt.allSatisfy { $0.contains("Derivative") || $0.hasPrefix("adamW") })
  }

  /// Clamping cuts the gradient off outside the range.
  @Test func clamped() throws {
    try checkOperation([[40]]) { _, x in try x[0].clamped(to: -0.5...1) }
  }

  @Test func deepBroadcastChains() throws {
    try checkOperation([[4, 1, 3], [5, 1], []], yields: [4, 5, 3]) { _, x in
      try (x[0] + x[1]) * x[2] - x[0].sum([0])
    }
  }
}
