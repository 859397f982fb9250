import TensorGraph

extension ReferenceExecutor {
  typealias Value = ReferenceValue<Scalar>

  /// The results of one operation that is no input or variable.
  func evaluate(
    _ operation: Operation, _ operands: [Value], _ types: [TensorType], results: [TensorType]
  ) throws -> [Value] {
    func dense(_ index: Int) throws -> Dense<Scalar> {
      guard case .scalars(let elements) = operands[index] else {
        throw ProgramError("\(operation.name): operand \(index) must be float32")
      }
      return Dense(types[index].shape, elements)
    }
    func rows(_ index: Int) throws -> [Int32] {
      guard case .integers(let elements) = operands[index] else {
        throw ProgramError("\(operation.name): operand \(index) must be int32")
      }
      return elements
    }
    /// The optional last operand.
    func bias() throws -> Dense<Scalar>? { operands.count == 3 ? try dense(2) : nil }
    let result = results[0].shape

    switch operation {
    case .input(let name), .variable(let name):
      throw ProgramError("\(name): a source has no value of its own")
    case .constant(let constant):
      let values = constant.values.map { Scalar($0) }
      return [
        .scalars(
          values.count == result.elementCount
            ? values : Array(repeating: values[0], count: result.elementCount))
      ]

    case .unary(let function):
      return [.scalars(try dense(0).elements.map { function($0) })]
    case .binary(let function):
      return [.scalars(try binary(function, dense(0), dense(1), result: result))]

    case .reshape, .transpose, .broadcast, .slice, .pad, .concatenate:
      let sources = movementSources(operation, types.map(\.shape), result: result)
      if types[0].element == .int32 {
        let elements = try operands.indices.flatMap(rows)
        return [.integers(sources.map { $0.map { elements[$0] } ?? 0 })]
      }
      let elements = try operands.indices.flatMap { try dense($0).elements }
      return [.scalars(sources.map { $0.map { elements[$0] } ?? 0 })]
    case .gather:
      return [.scalars(try gather(dense(0), rows(1)))]
    case .scatterAdd:
      return [.scalars(try scatterAdd(rows(0), dense(1), result: result))]
    case .reduceSum(let axes):
      return [.scalars(try reduceSum(dense(0), axes, result: result))]

    case .linear:
      return [.scalars(try linear(dense(0), dense(1), bias()))]
    case .matmul(let transposeLeft, let transposeRight):
      return [
        .scalars(
          try matmul(
            dense(0), dense(1), transposeLeft: transposeLeft, transposeRight: transposeRight,
            result: result))
      ]

    case .convolution(let geometry):
      return [.scalars(try convolution(dense(0), dense(1), bias(), geometry, result: result))]
    case .convolutionInputGradient(let geometry, let input):
      return [.scalars(try convolutionInputGradient(dense(0), dense(1), geometry, input: input))]
    case .convolutionWeightGradient(let geometry, let weight):
      return [.scalars(try convolutionWeightGradient(dense(0), dense(1), geometry, weight: weight))]
    case .upsampleNearest(let factor):
      return [.scalars(try upsampleNearest(dense(0), factor, result: result))]
    case .sumPool(let factor):
      return [.scalars(try sumPool(dense(0), factor, result: result))]
    case .maxPool(let geometry):
      return [.scalars(try maxPool(dense(0), geometry, result: result))]
    case .maxPoolGradient(let geometry):
      return [.scalars(try maxPoolGradient(dense(0), dense(1), geometry))]
    case .averagePool(let geometry):
      return [.scalars(try averagePool(dense(0), geometry, result: result))]
    case .averagePoolGradient(let geometry, let input):
      return [.scalars(try averagePoolGradient(dense(0), geometry, input: input))]

    case .attention(let heads):
      return [.scalars(try attention(dense(0), heads: heads))]
    case .attentionGradient(let heads):
      return [.scalars(try attentionGradient(dense(0), dense(1), heads: heads))]

    case .layerNormModulate(let epsilon):
      return [
        .scalars(
          try layerNormModulate(dense(0), shift: dense(1), scale: dense(2), epsilon: epsilon))
      ]
    case .layerNormModulateGradient(let epsilon):
      return try layerNormModulateGradient(dense(0), scale: dense(1), dense(2), epsilon: epsilon)
        .map(Value.scalars)
    case .gatedResidual:
      return [.scalars(try gatedResidual(dense(0), gate: dense(1), dense(2)))]
    case .gatedResidualGradient:
      return try gatedResidualGradient(gate: dense(0), dense(1), dense(2)).map(Value.scalars)
    case .groupNorm(let settings):
      return [.scalars(try groupNorm(dense(0), weight: dense(1), bias: dense(2), settings))]
    case .groupNormGradient(let settings):
      return try groupNormGradient(dense(0), weight: dense(1), bias: dense(2), dense(3), settings)
        .map(Value.scalars)

    case .adamW(let settings):
      return try adamW(operands.indices.map(dense), settings).map(Value.scalars)
    }
  }
}
