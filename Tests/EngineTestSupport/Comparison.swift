import ReferenceExecutor
import TensorGraph

/// How a case's float inputs reach a program.
public enum Feeding: String, Sendable, CaseIterable {
  case inputs, variables, frozenVariables
}

/// Runs a case, and its gradients where it has some, on `executor`, and
/// compares every output with the reference in double precision.
///
/// Differences are relative to the larger of the expected element and its
/// tensor's root mean square. The program runs twice: the second run must not
/// see what the first left behind.
public func compare(
  executor: any Executor, with reference: ReferenceExecutor<Double> = ReferenceExecutor(),
  case operation: OperationCase, feeding: Feeding = .inputs
) throws -> LargestError {
  let graph = Graph()
  let built = try operation.build(graph, asVariables: feeding != .inputs)
  if operation.isDifferentiable {
    let gradients = try built.loss().gradients(withRespectTo: built.floatInputs)
    for (index, gradient) in gradients.enumerated() { graph.output("gradient \(index)", gradient) }
  }

  let tensors = Dictionary(
    uniqueKeysWithValues: operation.inputs.map { ($0.name, $0.tensor) })
  let fed = tensors.filter { feeding == .inputs || $0.value.type.element == .int32 }
  let kept = tensors.filter { fed[$0.key] == nil }
  let program = try executor.compile(
    graph, variables: kept, frozen: feeding == .frozenVariables)

  let doubles = operation.inputs.doubles
  let expected = try reference.evaluate(
    graph, inputs: doubles, integers: operation.inputs.integers, variables: doubles)
  var largest = LargestError()
  for run in 1...2 {
    let found = try program.run(fed)
    for (name, value) in graph.outputs {
      let shape = graph.type(of: value).shape
      let wanted = expected[name] ?? []
      let meanSquare = wanted.reduce(0) { $0 + $1 * $1 } / Double(max(wanted.count, 1))
      largest.merge(
        "run \(run), \(name)", found: found[name]?.array().map { Double($0) } ?? [],
        expected: wanted, shape: shape,
        floor: max(meanSquare.squareRoot(), .leastNormalMagnitude))
    }
  }
  return largest
}
