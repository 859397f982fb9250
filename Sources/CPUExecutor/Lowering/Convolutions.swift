import CDNN
import TensorGraph

/// Logical NCHW sizes of memory that lies as NHWC.
private func pixels(_ argument: Lowered.Argument, as used: Format? = nil) -> cdnn_tensor {
  let shape = argument.shape
  let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
  return cdnn_tensor(
    [n, c, h, w], strides: [h * w * c, 1, w * c, c], argument.format, as: used)
}

private func kernel(_ argument: Lowered.Argument, as used: Format? = nil) -> cdnn_tensor {
  cdnn_tensor(argument.shape.dimensions, packed: true, argument.format, as: used)
}

extension Lowered {
  static func convolution(
    _ operands: [Argument], _ result: Argument, _ geometry: ConvolutionGeometry, as used: Format,
    activation: UnaryFunction?
  ) throws -> Lowered {
    let hasBias = operands.count == 3
    let primitive = try Primitive.convolution(
      CDNN_FORWARD, pixels(operands[0], as: used), kernel(operands[1], as: used),
      bias: hasBias ? cdnn_tensor([result.shape[3]]) : nil, pixels(result), geometry,
      epilogue: cdnn_epilogue(activation))
    let packed = [
      PackedArgument(primitive, CDNN_SRC),
      PackedArgument(primitive, CDNN_WEIGHTS, isFrozen: operands[1].isFrozen),
    ]
    return Lowered(scratch: packed.scratch) { binding in
      primitive.bind(CDNN_DST, binding.results[0])
      if hasBias { primitive.bind(CDNN_BIAS, binding.operands[2]) }
      return try packed.bind(primitive, binding.operands, binding) + [primitive.kernel]
    }
  }

  /// - Parameter operands: weight, output gradient.
  static func convolutionInputGradient(
    _ operands: [Argument], _ result: Argument, _ geometry: ConvolutionGeometry, as used: Format
  ) throws -> Lowered {
    let primitive = try Primitive.convolution(
      CDNN_BACKWARD_DATA, pixels(result), kernel(operands[0], as: used),
      pixels(operands[1], as: used), geometry)
    let packed = [
      PackedArgument(primitive, CDNN_WEIGHTS, isFrozen: operands[0].isFrozen),
      PackedArgument(primitive, CDNN_DST),
    ]
    return Lowered(scratch: packed.scratch) { binding in
      primitive.bind(CDNN_SRC, binding.results[0])
      return try packed.bind(primitive, binding.operands, binding) + [primitive.kernel]
    }
  }

  /// - Parameter operands: x, output gradient.
  static func convolutionWeightGradient(
    _ operands: [Argument], _ result: Argument, _ geometry: ConvolutionGeometry, as used: Format
  ) throws -> Lowered {
    let primitive = try Primitive.convolution(
      CDNN_BACKWARD_WEIGHTS, pixels(operands[0], as: used), kernel(result),
      pixels(operands[1], as: used), geometry)
    let packed = [PackedArgument(primitive, CDNN_SRC), PackedArgument(primitive, CDNN_DST)]
    let bytes = primitive.packedBytes(CDNN_WEIGHTS)
    return Lowered(scratch: packed.scratch + (bytes > 0 ? [bytes] : [])) { binding in
      let before = try packed.bind(primitive, binding.operands, binding)
      guard bytes > 0, let scratch = binding.scratch.last else {
        primitive.bind(CDNN_WEIGHTS, binding.results[0])
        return before + [primitive.kernel]
      }
      primitive.bind(CDNN_WEIGHTS, scratch)
      let unpacker = try primitive.packer(CDNN_WEIGHTS, unpack: true)
      unpacker.bind(CDNN_SRC, scratch)
      unpacker.bind(CDNN_DST, binding.results[0])
      return before + [primitive.kernel, unpacker.kernel]
    }
  }
}
