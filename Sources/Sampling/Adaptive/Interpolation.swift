import TensorGraph

/// The polynomial of fourth degree through both ends, both slopes and the middle of a step.
///
/// Source: torchdiffeq, `_interp_fit`; Hairer, Nørsett, Wanner, section II.6.
struct QuarticInterpolation {
  let start: HostTensor
  let end: HostTensor
  let middle: HostTensor
  let startSlope: HostTensor
  let endSlope: HostTensor
  let length: Float

  /// Latents at u from 0 (start) to 1 (end).
  func callAsFunction(_ u: Double) -> HostTensor {
    let (u, h) = (Float(u), length)
    return start.mapElements { i in
      let (y0, y1, m) = (start.floats[i], end.floats[i], middle.floats[i])
      let (f0, f1) = (h * startSlope.floats[i], h * endSlope.floats[i])
      let a = 2 * (f1 - f0) - 8 * (y1 + y0) + 16 * m
      let b = 5 * f0 - 3 * f1 + 18 * y0 + 14 * y1 - 32 * m
      let c = f1 - 4 * f0 - 11 * y0 - 5 * y1 + 16 * m
      return (((a * u + b) * u + c) * u + f0) * u + y0
    }
  }
}

/// The cubic through both ends and both slopes of a step (Hermite).
struct CubicInterpolation {
  let start: HostTensor
  let end: HostTensor
  let startSlope: HostTensor
  let endSlope: HostTensor
  let length: Float

  func callAsFunction(_ u: Double) -> HostTensor {
    let (u, h) = (Float(u), length)
    return start.mapElements { i in
      let (y0, change) = (start.floats[i], end.floats[i] - start.floats[i])
      let (f0, f1) = (h * startSlope.floats[i], h * endSlope.floats[i])
      let a = f0 + f1 - 2 * change
      let b = 3 * change - 2 * f0 - f1
      return ((a * u + b) * u + f0) * u + y0
    }
  }
}

/// The parabola through both ends and the first slope of a step.
struct ParabolicInterpolation {
  let start: HostTensor
  let end: HostTensor
  let slope: HostTensor
  let length: Float

  func callAsFunction(_ u: Double) -> HostTensor {
    let (u, h) = (Float(u), length)
    return start.mapElements { i in
      let (y0, f0) = (start.floats[i], h * slope.floats[i])
      return ((end.floats[i] - y0 - f0) * u + f0) * u + y0
    }
  }
}

extension HostTensor {
  /// A tensor of this shape with `value` of each element's place.
  fileprivate func mapElements(_ value: (Int) -> Float) -> HostTensor {
    let result = HostTensor(shape: shape)
    for i in result.floats.indices { result.floats[i] = value(i) }
    return result
  }
}
