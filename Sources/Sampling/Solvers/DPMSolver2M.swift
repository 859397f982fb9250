import Foundation
import TensorGraph

/// DPM-Solver++(2M) on the linear path xₜ = t·x₁ + (1 − t)·x₀, with the predictor F.
///
///     Dᵢ = x + (1 − tᵢ)·F(x, tᵢ)                       the data predicted
///     x ← σ′/σ·x + (t′ − σ′/σ·t)·(Dᵢ + c·(Dᵢ − Dᵢ₋₁))  σ = 1 − t, c = hᵢ/(2hᵢ₋₁)
///
/// with hᵢ = λ′ − λ the step in log-SNR λ = log(t/(1 − t)), which is infinite at both ends: there
/// c has the limit 0 after the first step and is set to 0 in the last, so that the first two
/// steps and the last are of order 1 (Euler's), as diffusers makes the last for a final σ of 0.
/// From data to noise the rule is its own mirror image, see `LogSNRStep`.
/// Order 2, one evaluation. Source: Lu et al., "DPM-Solver++", 2022, algorithm 2.
struct DPMSolver2MBlock: BlockFunction {
  let isFirst: Bool

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let x = try step.x
    let v = try step.predict(x, at: .start)
    let data = try x + step.coefficient(.sigma) * v
    var next = try step.coefficient(.ofLatents) * x + step.coefficient(.ofNew) * data
    if !isFirst { next = try next + step.coefficient(.ofLast) * step.state(.data) }
    return BlockResult(x: next, velocity: v, others: [.data: data])
  }

  func coefficients(_ step: GridStep) -> [Coefficient: Double] {
    let place = LogSNRStep(step)
    let c = place.extrapolation
    return [
      .sigma: place.sigma, .ofLatents: place.ofLatents, .ofNew: place.ofData * (1 + c),
      .ofLast: -place.ofData * c,
    ]
  }

  static func blocks(steps: Int) -> [any BlockFunction] {
    [Self(isFirst: true)] + Array(repeating: Self(isFirst: false), count: steps - 1)
  }
}

/// A step in log-SNR: x ← ofLatents·x + ofData·D is exact for constant data D = x + sigma·v.
///
/// From data to noise the path is looked at from its other end: noise N = x − t·v takes the
/// place of the data, and 1 − t that of t.
struct LogSNRStep {
  /// What the velocity is multiplied by where D is predicted.
  let sigma: Double
  /// The step in λ, infinite where it begins or ends at an end of the path.
  let h: Double
  let ofLatents: Double
  let ofData: Double
  /// hᵢ/(2hᵢ₋₁); 0 where either is infinite.
  let extrapolation: Double
  /// −hᵢ₋₁/hᵢ; nil where either is infinite.
  let ratio: Double?

  init(_ step: GridStep) {
    let isBackward = step.end < step.start
    func place(_ time: Float) -> Double { isBackward ? 1 - Double(time) : Double(time) }
    let (t, next) = (place(step.start), place(step.end))
    sigma = isBackward ? t - 1 : 1 - t
    h = Self.lambda(next) - Self.lambda(t)
    ofLatents = (1 - next) / (1 - t)
    ofData = next - ofLatents * t
    let before =
      step.index > 0 ? Self.lambda(t) - Self.lambda(place(step.times[step.index - 1])) : .infinity
    let isFinite = h.isFinite && before.isFinite
    extrapolation = isFinite ? h / (2 * before) : 0
    ratio = isFinite ? -before / h : nil
  }

  private static func lambda(_ t: Double) -> Double { log(t / (1 - t)) }
}
