import Testing

@testable import TensorGraph

/// Graphs that the public functions cannot build, as a faulty pass could leave them.
struct GraphValidatorTests {
  private typealias Node = Graph.Node
  private let input = Graph.Node(
    operation: .input("x"), operands: [], results: [TensorType([2, 3])])
  private let value = Graph.Value(node: Graph.NodeID(index: 0), result: 0)

  private func expectFault(
    _ fragment: String, _ nodes: [Graph.Node],
    outputs: [(name: String, value: Graph.Value)] = [], assignments: [Graph.Assignment] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: GraphError.self, sourceLocation: sourceLocation) {
      try GraphValidator.validate(nodes: nodes, outputs: outputs, assignments: assignments)
    }
    #expect(
      error?.description.contains(fragment) == true, "\(String(describing: error))",
      sourceLocation: sourceLocation)
  }

  @Test func acceptsWhatFunctionsBuild() throws {
    let graph = Graph()
    let (x, w) = (try graph.input("x", [2, 3]), try graph.variable("w", [4, 3]))
    let loss = try x.linear(weight: w, bias: nil).silu().sum()
    graph.output("loss", loss)
    try graph.assign(w, loss.gradients(withRespectTo: [w])[0])
    try GraphValidator.validate(graph)
  }

  @Test func operandsPrecede() {
    let later = Graph.Value(node: Graph.NodeID(index: 1), result: 0)
    let node = Graph.Node(
      operation: .unary(.sine), operands: [later], results: [TensorType([2, 3])])
    expectFault("node 1, sine: operand 1.0 does not precede", [input, node])
    expectFault("does not precede", [node, input])
    let second = Graph.Value(node: Graph.NodeID(index: 0), result: 1)
    expectFault(
      "operand 0.1",
      [input, Graph.Node(operation: .unary(.sine), operands: [second], results: input.results)])
  }

  @Test func typesAreThoseOfTheRules() {
    expectFault(
      "expected [float32[2, 3]], found [float32[3, 2]]",
      [
        input,
        Graph.Node(
          operation: .unary(.sine), operands: [value], results: [TensorType([3, 2])]),
      ])
    expectFault(
      "takes 2…2 operands",
      [input, Graph.Node(operation: .binary(.add), operands: [value], results: input.results)])
    expectFault(
      "a source has no operands",
      [input, Graph.Node(operation: .input("y"), operands: [value], results: input.results)])
    expectFault(
      "empty or too large",
      [Graph.Node(operation: .input("y"), operands: [], results: [TensorType([0])])])
  }

  @Test func constantsFillTheirShapes() {
    let constant = ConstantValue([1], shape: [2])
    expectFault(
      "expected float32[2]",
      [Graph.Node(operation: .constant(constant), operands: [], results: [TensorType([3])])])
  }

  @Test func outputsHaveNamesOfTheirOwn() {
    expectFault(
      "output y: is given twice", [input],
      outputs: [(name: "y", value: value), (name: "y", value: value)])
    let none = Graph.Value(node: Graph.NodeID(index: 7), result: 0)
    expectFault("output y: is no value", [input], outputs: [(name: "y", value: none)])
  }

  @Test func variablesAreAssignedOnce() {
    let variable = Graph.Node(
      operation: .variable("w"), operands: [], results: [TensorType([2, 3])])
    let once = Graph.Assignment(variable: value, value: value)
    expectFault("variable w: is assigned twice", [variable], assignments: [once, once])
    expectFault("input is no variable", [input], assignments: [once])
    let small = Graph.Node(operation: .input("x"), operands: [], results: [TensorType([2])])
    let other = Graph.Value(node: Graph.NodeID(index: 1), result: 0)
    expectFault(
      "variable w: expected", [variable, small],
      assignments: [Graph.Assignment(variable: value, value: other)])
    expectFault(
      "none of the graph", [variable],
      assignments: [Graph.Assignment(variable: value, value: other)])
  }
}
