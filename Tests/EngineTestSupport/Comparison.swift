import ReferenceExecutor
import TensorGraph

/// What of a tensor's differences counts.
public enum ErrorMeasure: Sendable {
  /// Each, relative to the larger of the expected element and its tensor's root mean square.
  case everyElement
  /// Their root mean square, relative to the tensor's.
  case rootMeanSquare
}

/// How a case's float inputs reach a program.
public enum Feeding: String, Sendable, CaseIterable {
  case inputs, variables, frozenVariables
}

/// Runs a case, and its gradients where it has some, on `executor`, and
/// compares every output with the reference in double precision.
///
/// The program runs twice: the second run must not
/// see what the first left behind.
public func compare(
  executor: any Executor, with reference: ReferenceExecutor<Double> = ReferenceExecutor(),
  case operation: OperationCase, feeding: Feeding = .inputs,
  measure: ErrorMeasure = .everyElement
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
      let floor = max(meanSquare.squareRoot(), .leastNormalMagnitude)
      let numbers = found[name]?.array().map { Double($0) } ?? []
      switch measure {
      case .everyElement:
        largest.merge(
          "run \(run), \(name)", found: numbers, expected: wanted, shape: shape, floor: floor)
      case .rootMeanSquare:
        largest.mergeRootMeanSquare(
          "run \(run), \(name)", found: numbers, expected: wanted, floor: floor)
      }
    }
  }
  return largest
}
