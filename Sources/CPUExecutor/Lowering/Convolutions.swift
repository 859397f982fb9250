import CDNN
import TensorGraph

/// Logical NCHW sizes of memory that lies as NHWC.
private func pixels(_ shape: Shape) -> cdnn_tensor {
  let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
  return cdnn_tensor([n, c, h, w], strides: [h * w * c, 1, w * c, c])
}

private func kernel(_ shape: Shape) -> cdnn_tensor { cdnn_tensor(shape.dimensions, packed: true) }

extension Lowered {
  static func convolution(
    _ operands: [Operand], _ result: Shape, _ geometry: ConvolutionGeometry,
    activation: UnaryFunction?
  ) throws -> Lowered {
    let hasBias = operands.count == 3
    let primitive = try Primitive.convolution(
      CDNN_FORWARD, pixels(operands[0].shape), kernel(operands[1].shape),
      bias: hasBias ? cdnn_tensor([result[3]]) : nil, pixels(result), geometry,
      activation: cdnn_activation(activation))
    let packed = PackedArgument(primitive, CDNN_WEIGHTS, isFrozen: operands[1].isFrozen)
    return Lowered(scratch: packed.scratch) { binding in
      primitive.bind(CDNN_SRC, binding.operands[0])
      primitive.bind(CDNN_DST, binding.results[0])
      if hasBias { primitive.bind(CDNN_BIAS, binding.operands[2]) }
      return try packed.bind(primitive, binding.operands[1], scratch: binding.scratch.first)
        + [primitive.kernel]
    }
  }

  static func convolutionInputGradient(
    _ operands: [Operand], _ input: Shape, _ geometry: ConvolutionGeometry
  ) throws -> Lowered {
    let primitive = try Primitive.convolution(
      CDNN_BACKWARD_DATA, pixels(input), kernel(operands[0].shape), pixels(operands[1].shape),
      geometry)
    let packed = PackedArgument(primitive, CDNN_WEIGHTS, isFrozen: operands[0].isFrozen)
    return Lowered(scratch: packed.scratch) { binding in
      primitive.bind(CDNN_DST, binding.operands[1])
      primitive.bind(CDNN_SRC, binding.results[0])
      return try packed.bind(primitive, binding.operands[0], scratch: binding.scratch.first)
        + [primitive.kernel]
    }
  }

  static func convolutionWeightGradient(
    _ operands: [Shape], _ weight: Shape, _ geometry: ConvolutionGeometry
  ) throws -> Lowered {
    let primitive = try Primitive.convolution(
      CDNN_BACKWARD_WEIGHTS, pixels(operands[0]), kernel(weight), pixels(operands[1]), geometry)
    let bytes = primitive.packedBytes(CDNN_WEIGHTS)
    return Lowered(scratch: bytes > 0 ? [bytes] : []) { binding in
      primitive.bind(CDNN_SRC, binding.operands[0])
      primitive.bind(CDNN_DST, binding.operands[1])
      guard let scratch = binding.scratch.first else {
        primitive.bind(CDNN_WEIGHTS, binding.results[0])
        return [primitive.kernel]
      }
      primitive.bind(CDNN_WEIGHTS, scratch)
      let unpacker = try primitive.packer(CDNN_WEIGHTS, unpack: true)
      unpacker.bind(CDNN_SRC, scratch)
      unpacker.bind(CDNN_DST, binding.results[0])
      return [primitive.kernel, unpacker.kernel]
    }
  }
}
