import CKernels
import TensorGraph

extension Lowered {
  static func layerNormModulate(_ x: Shape, _ epsilon: Float) -> Lowered {
    let (N, T, D) = (Int64(x[0]), Int64(x[1]), Int64(x[2]))
    return Lowered(inPlace: [0: 0]) { binding in
      let (x, shift, scale) = (binding.read(0), binding.read(1), binding.read(2))
      let y = binding.result(0)
      return [{ ck_layer_norm_modulate(x, shift, scale, y, N, T, D, epsilon) }]
    }
  }

  static func layerNormModulateGradient(_ x: Shape, _ epsilon: Float) -> Lowered {
    let (N, T, D) = (Int64(x[0]), Int64(x[1]), Int64(x[2]))
    return Lowered(inPlace: [0: 2]) { binding in
      let (x, scale, dy) = (binding.read(0), binding.read(1), binding.operand(2))
      let (dx, dshift, dscale) = (binding.write(0), binding.write(1), binding.write(2))
      return [
        { ck_layer_norm_modulate_gradient(x, scale, dy, dx, dshift, dscale, N, T, D, epsilon) }
      ]
    }
  }

  static func gatedResidual(_ x: Shape) -> Lowered {
    let (N, T, D) = (Int64(x[0]), Int64(x[1]), Int64(x[2]))
    return Lowered(inPlace: [0: 0]) { binding in
      let (x, gate, branch) = (binding.read(0), binding.read(1), binding.operand(2))
      let y = binding.write(0)
      return [{ ck_gated_residual(x, gate, branch, y, N, T, D) }]
    }
  }

  static func gatedResidualGradient(_ y: Shape) -> Lowered {
    let (N, T, D) = (Int64(y[0]), Int64(y[1]), Int64(y[2]))
    return Lowered(inPlace: [1: 1]) { binding in
      let (gate, branch, dOut) = (binding.read(0), binding.operand(1), binding.read(2))
      let (dgate, dbranch) = (binding.write(0), binding.result(1))
      return [{ ck_gated_residual_gradient(gate, branch, dOut, dgate, dbranch, N, T, D) }]
    }
  }

  static func groupNorm(_ x: Shape, _ settings: GroupNormSettings) -> Lowered {
    let (N, C) = (Int64(x[0]), Int64(x.rowLength))
    let T = Int64(x.elementCount) / max(N * C, 1)
    return Lowered(scratch: [ck_group_norm_scratch(N, T, C)]) { binding in
      let (x, weight, bias) = (binding.operand(0), binding.read(1), binding.read(2))
      let y = binding.result(0)
      return [
        {
          ck_group_norm(
            x, weight, bias, y, N, T, C, Int64(settings.groups), settings.epsilon,
            settings.silu ? 1 : 0, binding.scratch[0])
        }
      ]
    }
  }

  static func groupNormGradient(_ x: Shape, _ settings: GroupNormSettings) -> Lowered {
    let (N, C) = (Int64(x[0]), Int64(x.rowLength))
    let T = Int64(x.elementCount) / max(N * C, 1)
    return Lowered(scratch: [ck_group_norm_scratch(N, T, C)]) { binding in
      let (x, weight, bias, dy) = (
        binding.operand(0), binding.read(1), binding.read(2), binding.operand(3)
      )
      let (dx, dweight, dbias) = (binding.result(0), binding.write(1), binding.write(2))
      return [
        {
          ck_group_norm_gradient(
            x, weight, bias, dy, dx, dweight, dbias, N, T, C, Int64(settings.groups),
            settings.epsilon, settings.silu ? 1 : 0, binding.scratch[0])
        }
      ]
    }
  }
}
