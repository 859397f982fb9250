import EngineTestSupport
import ReferenceExecutor
import TensorGraph
import Testing

/// Checks an operation on normal random inputs of `shapes`: the graph is valid,
/// the result has the shape and the values asked for, is finite and the same
/// in single as in double precision, and every gradient equals a difference quotient.
func checkOperation(
  _ shapes: [Shape], seed: UInt64 = 1, yields shape: Shape? = nil,
  expecting values: [Double]? = nil,
  gradients: @escaping GradientFunction = { try $0.gradients(withRespectTo: $1) },
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable (Graph, [Tensor]) throws -> Tensor
) throws {
  let operation = OperationCase("checked", shapes.map(Draw.normal), seed: seed) {
    [try body($0, $1)]
  }
  try check(
    operation, yields: shape, expecting: values, gradients: gradients,
    sourceLocation: sourceLocation)
}

/// The same for a case; `shape` and `values` are those of its first result.
func check(
  _ operation: OperationCase, yields shape: Shape? = nil, expecting values: [Double]? = nil,
  gradients: GradientFunction = { try $0.gradients(withRespectTo: $1) },
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let graph = Graph()
  let built = try operation.build(graph)
  try GraphValidator.validate(graph)
  if let shape { #expect(built.results[0].shape == shape, sourceLocation: sourceLocation) }

  let outputs = try ReferenceExecutor<Double>().evaluate(
    graph, inputs: operation.inputs.doubles, integers: operation.inputs.integers)
  for (index, result) in built.results.enumerated() {
    let found = try #require(outputs["y\(index)"], sourceLocation: sourceLocation)
    #expect(found.count == result.shape.elementCount, sourceLocation: sourceLocation)
    #expect(found.allSatisfy { $0.isFinite }, "\(found)", sourceLocation: sourceLocation)
  }
  if let values {
    var error = LargestError()
    error.merge(
      "y0", found: outputs["y0"] ?? [], expected: values, shape: built.results[0].shape, floor: 1)
    #expect(error.error < 1e-9, "\(error)", sourceLocation: sourceLocation)
  }
  let single = try compare(
    executor: ReferenceExecutor<Float>(), case: operation, feeding: .inputs)
  #expect(single.error < 5e-5, "single precision: \(single)", sourceLocation: sourceLocation)

  if operation.isDifferentiable {
    let error = try checkGradients(operation, gradients: gradients)
    #expect(error.error < 1e-7, "\(error)", sourceLocation: sourceLocation)
  }
}
