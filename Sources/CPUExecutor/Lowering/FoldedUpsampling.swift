import CDNN
import CKernels
import TensorGraph

extension Lowered {
  /// A 3 × 3 convolution of an image whose pixels are repeated twice along both axes: each of
  /// the four phases of the result is a 2 × 2 convolution of the small image, whose taps are
  /// sums of the nine: 4/9 of the products. Nil where it does not apply.
  static func folded(
    _ operands: [Argument], _ result: Argument, _ work: ConvolutionWork, as used: Format
  ) throws -> Lowered? {
    let (x, weight, geometry) = (operands[0].shape, operands[1], work.geometry)
    guard work.upsampling == 2, !work.adds, weight.isFrozen, weight.shape[2] == 3,
      weight.shape[3] == 3, geometry == ConvolutionGeometry(before: 1, after: 1)
    else { return nil }
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let small = Argument(
      type: TensorType([x[0], x[1], x[2], outputs]), format: result.format)
    let taps = Argument(type: TensorType([outputs, inputs, 2, 2]), format: weight.format)

    let phases = try (0..<4).map { phase -> (Primitive, PackedArgument, PackedArgument) in
      let (down, right) = (phase / 2, phase % 2)
      let primitive = try Primitive.convolution(
        CDNN_FORWARD, pixels(operands[0], as: used), kernel(taps, as: used),
        bias: work.hasBias ? cdnn_tensor([outputs]) : nil, pixels(small),
        ConvolutionGeometry(
          rows: Padding(before: 1 - down, after: down),
          columns: Padding(before: 1 - right, after: right)),
        epilogue: cdnn_epilogue(work.activation))
      let derivation = PackedWeight.Derivation(
        name: "phase \(phase)", bytes: taps.format.byteCount(taps.type)
      ) { ck_fold_taps($0, $1, Int64(outputs * inputs), Int32(down), Int32(right)) }
      return (
        primitive, PackedArgument(primitive, CDNN_SRC),
        PackedArgument(
          primitive, CDNN_WEIGHTS, isFrozen: true, derivation: derivation)
      )
    }
    // All four want the same source; one is packed for all where the given one is not it.
    let plane = small.format.byteCount(small.type)
    return Lowered(scratch: [4 * plane] + [phases[0].1].scratch) { binding in
      var kernels: [Kernel] = []
      let packedSource = binding.scratch.dropFirst().first
      for (phase, (primitive, source, taps)) in phases.enumerated() {
        let packing = try source.bind(primitive, binding.operands[0], scratch: packedSource)
        if phase == 0 { kernels += packing }
        _ = try taps.bind(primitive, binding.operands[1], scratch: nil)
        if let bias = work.bias { primitive.bind(CDNN_BIAS, binding.operands[bias]) }
        primitive.bind(CDNN_DST, binding.scratch[0] + phase * plane)
        kernels.append(primitive.kernel)
      }
      let y = binding.result(0)
      let planes = ck_array(data: binding.scratch[0], format: y.format)
      kernels.append {
        ck_interleave(planes, y, Int64(x[0]), Int64(x[1]), Int64(x[2]), Int64(outputs))
      }
      return kernels
    }
  }
}
