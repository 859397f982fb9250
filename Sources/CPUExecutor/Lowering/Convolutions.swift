import CDNN
import CKernels
import TensorGraph

/// Logical NCHW sizes of memory that lies as NHWC.
func pixels(_ argument: Lowered.Argument, as used: Format? = nil) -> cdnn_tensor {
  let shape = argument.shape
  let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
  return cdnn_tensor(
    [n, c, h, w], strides: [h * w * c, 1, w * c, c], argument.format, as: used)
}

func kernel(_ argument: Lowered.Argument, as used: Format? = nil) -> cdnn_tensor {
  cdnn_tensor(argument.shape.dimensions, packed: true, argument.format, as: used)
}

extension Lowered {
  static func convolution(
    _ operands: [Argument], _ result: Argument, _ work: ConvolutionWork, as used: Format
  ) throws -> Lowered {
    // A quarter of the products in float32 takes less time than all of them in bfloat16, which
    // are twice as fast; but no less than the 4/9 that folding leaves, or than those of tiles.
    if used == .full || work.upsampling == 1 && cdnn_has_tiles() == 0,
      let lowered = try winograd(operands, result, work)
    {
      return lowered
    }
    if work.upsampling > 1 {
      return try folded(operands, result, work, as: used)
        ?? upsampled(operands, result, work, as: used)
    }
    return try direct(operands, result, work, as: used)
  }

  /// By a sum of taps, as oneDNN has it; nothing is repeated before.
  private static func direct(
    _ operands: [Argument], _ result: Argument, _ work: ConvolutionWork, as used: Format
  ) throws -> Lowered {
    let addend = work.addend.map { operands[$0] }
    var epilogue = cdnn_epilogue(work.activation)
    // The library adds to what lies where the result goes.
    let addsInPlace = addend?.format == result.format
    epilogue.add = addsInPlace ? 1 : 0
    let primitive = try Primitive.convolution(
      CDNN_FORWARD, pixels(operands[0], as: used), kernel(operands[1], as: used),
      bias: work.hasBias ? cdnn_tensor([result.shape[3]]) : nil, pixels(result), work.geometry,
      epilogue: epilogue)
    let packed = [
      PackedArgument(primitive, CDNN_SRC),
      PackedArgument(primitive, CDNN_WEIGHTS, isFrozen: operands[1].isFrozen),
    ]
    let count = result.shape.elementCount
    let byteCount = result.format.byteCount(result.type)
    return Lowered(
      scratch: packed.scratch,
      inPlace: addsInPlace ? work.addend.map { [0: $0] } ?? [:] : [:]
    ) { binding in
      primitive.bind(CDNN_DST, binding.results[0])
      if let bias = work.bias { primitive.bind(CDNN_BIAS, binding.operands[bias]) }
      var kernels = try packed.bind(primitive, binding.operands, binding) + [primitive.kernel]
      guard let addend = work.addend else { return kernels }
      let (x, y) = (binding.operands[addend], binding.results[0])
      if !addsInPlace {
        let (a, b) = (binding.operand(addend), binding.result(0))
        kernels.append { ck_binary(CK_ADD, 1, [Int64(count)], a, [1], b, [1], b) }
      } else if x != y {
        kernels.insert({ y.copyMemory(from: x, byteCount: byteCount) }, at: 0)
      }
      return kernels
    }
  }

  /// Pixels are repeated in scratch memory first.
  private static func upsampled(
    _ operands: [Argument], _ result: Argument, _ work: ConvolutionWork, as used: Format
  ) throws -> Lowered {
    let (small, factor) = (operands[0], work.upsampling)
    let (n, h, w, c) = (small.shape[0], small.shape[1], small.shape[2], small.shape[3])
    let large = Argument(
      type: TensorType([n, h * factor, w * factor, c]), format: small.format)
    var plain = work
    plain.upsampling = 1
    let convolution = try direct([large] + operands.dropFirst(), result, plain, as: used)
    return Lowered(
      scratch: [large.format.byteCount(large.type)] + convolution.scratch,
      inPlace: convolution.inPlace
    ) { binding in
      let x = binding.operand(0)
      let repeated = ck_array(data: binding.scratch[0], format: x.format)
      let kernels = try convolution.bind(
        Binding(
          operands: [binding.scratch[0]] + binding.operands.dropFirst(), results: binding.results,
          operandFormats: binding.operandFormats, resultFormats: binding.resultFormats,
          scratch: Array(binding.scratch.dropFirst())))
      return [
        { ck_upsample(x, repeated, Int64(n), Int64(h), Int64(w), Int64(c), Int64(factor)) }
      ] + kernels
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
