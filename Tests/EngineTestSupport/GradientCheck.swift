import ReferenceExecutor
import TensorGraph

/// Gives the gradients of a scalar with respect to tensors.
public typealias GradientFunction = (_ loss: Tensor, _ targets: [Tensor]) throws -> [Tensor]

/// Compares the gradient rules with central differences, all in double precision.
///
/// Errors are relative to the larger of 1 and the difference quotient. The
/// gradient of each input alone must equal the one taken together with all others.
/// - Parameter gradients: what is checked; the graph's own rules unless told otherwise.
public func checkGradients(
  _ operation: OperationCase,
  gradients: GradientFunction = { try $0.gradients(withRespectTo: $1) }
) throws -> LargestError {
  let reference = ReferenceExecutor<Double>()
  let inputs = operation.inputs.doubles
  let floats = operation.inputs.filter { $0.type.element == .float32 }

  func gradientsByName(_ chosen: [Int]) throws -> [String: [Double]] {
    let graph = Graph()
    let built = try operation.build(graph)
    let targets = chosen.map { built.floatInputs[$0] }
    for (index, gradient) in zip(chosen, try gradients(built.loss(), targets)) {
      guard gradient.type == built.floatInputs[index].type else {
        throw ProgramError.mismatch(
          "gradient", floats[index].name, expected: floats[index].type, found: gradient.type)
      }
      graph.output(floats[index].name, gradient)
    }
    return try reference.evaluate(graph, inputs: inputs, integers: operation.inputs.integers)
  }

  let graph = Graph()
  graph.output("loss", try operation.build(graph).loss())
  func loss(_ inputs: [String: [Double]]) throws -> Double {
    try reference.evaluate(graph, inputs: inputs, integers: operation.inputs.integers)["loss"]?[0]
      ?? .nan
  }

  let together = try gradientsByName(Array(floats.indices))
  var largest = LargestError()
  for (number, input) in floats.enumerated() {
    let found = together[input.name] ?? []
    let alone = try gradientsByName([number])[input.name] ?? []
    largest.merge(
      "gradient of \(input.name) alone", found: alone, expected: found, shape: input.type.shape,
      floor: 1)
    let quotients = try input.floats.indices.map { element in
      let x = Double(input.floats[element])
      let step = 2e-6 * max(1, abs(x))
      var moved = inputs
      moved[input.name]?[element] = x + step
      let above = try loss(moved)
      moved[input.name]?[element] = x - step
      return (above - (try loss(moved))) / (2 * step)
    }
    largest.merge(
      "gradient of \(input.name)", found: found, expected: quotients, shape: input.type.shape,
      floor: 1)
  }
  return largest
}
