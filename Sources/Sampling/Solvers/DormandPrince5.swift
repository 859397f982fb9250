// R rows, see Guidance.swift.
import TensorGraph

/// A step of Dormand–Prince 5(4) with the predictor F, its error and its middle.
///
///     kⱼ = F(x + Δt·Σ aⱼₗ·kₗ, t + cⱼ·Δt), j = 1…7, k₁ handed on by the step before
///     x ← x + Δt·Σ bₗ·kₗ, the point at which k₇ is taken
///
/// Order 5, six evaluations beside k₁ (first same as last); hands on k₇, and
/// each row's mean square of the embedded error Δt·Σ (bₗ − b̂ₗ)·kₗ over the tolerance
/// atol + rtol·max(|x|, |x′|), and x at the middle of the step for the interpolation.
/// Source: Dormand, Prince, "A family of embedded Runge–Kutta formulae", 1980, table 2;
/// b̂ and the middle: Shampine, "Some practical Runge–Kutta formulas", 1986, as torchdiffeq.
struct DormandPrince5Block: BlockFunction {
  static let order = 5
  private static let stages: [(time: Double, weights: [Double])] = [
    (1 / 5, [1 / 5]),
    (3 / 10, [3 / 40, 9 / 40]),
    (4 / 5, [44 / 45, -56 / 15, 32 / 9]),
    (8 / 9, [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729]),
    (1, [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656]),
    (1, [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]),
  ]
  private static let error: [Double] = [
    35 / 384 - 1951 / 21600, 0, 500 / 1113 - 22642 / 50085, 125 / 192 - 451 / 720,
    -2187 / 6784 + 12231 / 42400, 11 / 84 - 649 / 6300, -1 / 60,
  ]
  private static let middle: [Double] = [
    6_025_192_743 / 30_085_553_152 / 2, 0, 51_252_292_925 / 65_400_821_598 / 2,
    -2_691_868_925 / 45_128_329_728 / 2, 187_940_372_067 / 1_594_534_317_056 / 2,
    -1_776_094_331 / 19_743_644_256 / 2, 11_237_099 / 235_043_384 / 2,
  ]

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, delta) = try (step.x, step.delta)
    var slopes = [try step.velocity]
    func moved(_ weights: [Double]) throws -> Tensor {
      try x + delta * Self.sum(slopes, weights)
    }
    var next = x
    for stage in Self.stages {
      next = try moved(stage.weights)
      slopes.append(try step.predict(next, at: BlockTime(fraction: stage.time)))
    }
    let error = try delta * Self.sum(slopes, Self.error)
    return BlockResult(
      x: next, velocity: slopes[slopes.count - 1],
      others: [
        .errors: try step.meanSquare(of: error, from: x, to: next), .middle: try moved(Self.middle),
      ])
  }

  private static func sum(_ slopes: [Tensor], _ weights: [Double]) throws -> Tensor {
    let terms = zip(slopes, weights).filter { $0.1 != 0 }
    guard let first = terms.first else { throw ProgramError("a rule without weights") }
    return try terms.dropFirst().reduce(Float(first.1) * first.0) { try $0 + Float($1.1) * $1.0 }
  }
}

extension BlockTrace {
  /// Each row's mean square (R) of `error` over the tolerance atol + rtol·max(|x|, |x′|).
  func meanSquare(of error: Tensor, from x: Tensor, to next: Tensor) throws -> Tensor {
    let size = try x.maximum(-1 * x).maximum(next.maximum(-1 * next))
    let tolerance = try size * coefficient(.relativeTolerance) + coefficient(.absoluteTolerance)
    let ratio = try error / tolerance
    return try (ratio * ratio).mean(Array(1..<error.shape.rank))
  }
}

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
    let result = HostTensor(shape: start.shape)
    let (u, h) = (Float(u), length)
    for i in result.floats.indices {
      let (y0, y1, m) = (start.floats[i], end.floats[i], middle.floats[i])
      let (f0, f1) = (h * startSlope.floats[i], h * endSlope.floats[i])
      let a = 2 * (f1 - f0) - 8 * (y1 + y0) + 16 * m
      let b = 5 * f0 - 3 * f1 + 18 * y0 + 14 * y1 - 32 * m
      let c = f1 - 4 * f0 - 11 * y0 - 5 * y1 + 16 * m
      result.floats[i] = (((a * u + b) * u + c) * u + f0) * u + y0
    }
    return result
  }
}
