import Foundation
import TensorGraph

/// UniPC-2 on the linear path xₜ = t·x₁ + (1 − t)·x₀, with the predictor F, B(h) = e^(−h) − 1.
///
/// The velocity at the predicted x̃ᵢ, which the next step needs anyway, first corrects the step
/// that led there:
///
///     Dᵢ = x̃ᵢ + (1 − tᵢ)·F(x̃ᵢ, tᵢ)                                 the data predicted
///     xᵢ = a·xᵢ₋₁ + b·(Dᵢ₋₁ + ρ₁·(Dᵢ₋₂ − Dᵢ₋₁)/r + ρ₂·(Dᵢ − Dᵢ₋₁))   a, b, r of step i − 1
///     x̃ᵢ₊₁ = a·xᵢ + b·(Dᵢ + (Dᵢ₋₁ − Dᵢ)/(2r))                       a, b, r of step i
///
/// a = σ′/σ, b = t′ − a·t, r = −hᵢ₋₁/hᵢ in log-SNR, and ρ from
/// ρ₁ + ρ₂ = φ₁, r·ρ₁ + ρ₂ = φ₂. λ = log(t/(1 − t)) is infinite at both ends: the first two
/// steps and the last are predicted to order 1 and the first two corrected with ρ = (0, ½) and
/// (0, φ₁), the limits of what diffusers does. The last step is not corrected, and neither are
/// the latents that an observer sees.
/// One evaluation. Source: Zhao et al., "UniPC", 2023, algorithms 1 to 4 with the data
/// prediction of its appendix; as the authors' and diffusers' `bh2`.
struct UniPC2Block: BlockFunction {
  let isFirst: Bool

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let x = try step.x
    let v = try step.predict(x, at: .start)
    let data = try x + step.coefficient(.sigma) * v
    guard !isFirst else {
      let next = try step.coefficient(.ofLatents) * x + step.coefficient(.ofNew) * data
      // There is no earlier data; the second step takes them with a weight of 0.
      return BlockResult(
        x: next, velocity: v, others: [.data: data, .earlierData: data, .corrected: x])
    }
    let (last, earlier) = try (step.state(.data), step.state(.earlierData))
    var corrected = try step.coefficient(.correctorOfLatents) * step.state(.corrected)
    corrected = try corrected + step.coefficient(.correctorOfNew) * data
    corrected = try corrected + step.coefficient(.correctorOfLast) * last
    corrected = try corrected + step.coefficient(.correctorOfEarlier) * earlier
    var next = try step.coefficient(.ofLatents) * corrected + step.coefficient(.ofNew) * data
    next = try next + step.coefficient(.ofLast) * last
    return BlockResult(
      x: next, velocity: v, others: [.data: data, .earlierData: last, .corrected: corrected])
  }

  func coefficients(_ step: GridStep) -> [Coefficient: Double] {
    let place = LogSNRStep(step)
    let c = place.extrapolation
    var values: [Coefficient: Double] = [
      .sigma: place.sigma, .ofLatents: place.ofLatents, .ofNew: place.ofData * (1 + c),
      .ofLast: -place.ofData * c,
    ]
    guard step.index > 0 else { return values }
    let before = LogSNRStep(
      GridStep(index: step.index - 1, times: step.times, delta: step.delta))
    let weights = Self.corrector(before)
    let ofEarlier = before.ratio.map { weights.earlier / $0 } ?? 0
    values[.correctorOfLatents] = before.ofLatents
    values[.correctorOfNew] = before.ofData * weights.new
    values[.correctorOfEarlier] = before.ofData * ofEarlier
    values[.correctorOfLast] = before.ofData * (1 - weights.new - ofEarlier)
    return values
  }

  /// (ρ₁, ρ₂).
  private static func corrector(_ step: LogSNRStep) -> (earlier: Double, new: Double) {
    guard step.h.isFinite else { return (0, 0.5) }
    let z = -step.h
    let b = expm1(z)
    let first = b / z - 1
    let second = first / z - 0.5
    let (phi1, phi2) = (first / b, 2 * second / b)
    guard let ratio = step.ratio else { return (0, phi1) }
    let earlier = (phi1 - phi2) / (1 - ratio)
    return (earlier, phi1 - earlier)
  }

  static func blocks(steps: Int) -> [any BlockFunction] {
    [Self(isFirst: true)] + Array(repeating: Self(isFirst: false), count: steps - 1)
  }
}
