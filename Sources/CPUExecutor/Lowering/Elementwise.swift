import CKernels
import TensorGraph

extension UnaryFunction {
  var kernel: ck_unary_function {
    switch self {
    case .negate: CK_NEGATE
    case .exponential: CK_EXPONENTIAL
    case .logarithm: CK_LOGARITHM
    case .squareRoot: CK_SQUARE_ROOT
    case .sine: CK_SINE
    case .cosine: CK_COSINE
    case .tanh: CK_TANH
    case .logistic: CK_LOGISTIC
    case .relu: CK_RELU
    case .gelu: CK_GELU
    case .silu: CK_SILU
    case .geluDerivative: CK_GELU_DERIVATIVE
    case .siluDerivative: CK_SILU_DERIVATIVE
    }
  }
}

extension BinaryFunction {
  var kernel: ck_binary_function {
    switch self {
    case .add: CK_ADD
    case .subtract: CK_SUBTRACT
    case .multiply: CK_MULTIPLY
    case .divide: CK_DIVIDE
    case .maximum: CK_MAXIMUM
    case .minimum: CK_MINIMUM
    case .greaterOrEqual: CK_GREATER_OR_EQUAL
    }
  }
}

extension Lowered {
  static func unary(_ function: UnaryFunction, _ type: TensorType) -> Lowered {
    let count = type.shape.elementCount
    return Lowered(inPlace: [0: 0]) { binding in
      let (x, y) = (binding.operand(0), binding.result(0))
      return [{ ck_unary(function.kernel, x, y, count) }]
    }
  }

  static func unaryMultiply(_ function: UnaryFunction, _ type: TensorType) -> Lowered {
    let count = type.shape.elementCount
    return Lowered(inPlace: [0: 1]) { binding in
      let (x, dy, y) = (binding.operand(0), binding.operand(1), binding.result(0))
      return [{ ck_unary_multiply(function.kernel, x, dy, y, count) }]
    }
  }

  static func binary(_ function: BinaryFunction, _ operands: [Shape], _ result: Shape) -> Lowered {
    let walk = Walk(result, operands[0].broadcastStrides(to: result))
    let right = operands[1].broadcastStrides(to: result).map(Int64.init)
    let inPlace = operands[0] == result ? [0: 0] : operands[1] == result ? [0: 1] : [:]
    return Lowered(inPlace: inPlace) { binding in
      let (a, b, y) = (binding.operand(0), binding.operand(1), binding.result(0))
      return [
        {
          ck_binary(
            function.kernel, walk.rank, walk.dimensions, a, walk.strides,
            b, right.isEmpty ? [0] : right, y)
        }
      ]
    }
  }
}

/// Sizes and one operand's strides in the kernels' integers; a scalar walks one step.
struct Walk {
  let dimensions: [Int64]
  let strides: [Int64]

  var rank: Int32 { Int32(dimensions.count) }

  init(_ shape: Shape, _ strides: [Int]) {
    dimensions = shape.rank == 0 ? [1] : shape.dimensions.map(Int64.init)
    self.strides = shape.rank == 0 ? [0] : strides.map(Int64.init)
  }
}
