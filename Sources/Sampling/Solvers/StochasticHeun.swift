import TensorGraph

/// Heun's method for the flow's stochastic equation, with the predictor F.
///
///     x̂ = x + √(2·w·Δt)·z,  z normal
///     d(x, t) = v + w·(t·v − x)/(1 − t),  v = F(x, t)            the drift
///     d₀ = d(x̂, tᵢ), d₁ = d(x̂ + Δt·d₀, tᵢ₊₁)
///     x ← x̂ + Δt/2·(d₀ + d₁)
///
/// The drift's part is of order 2, the noise's of weak order 1; two evaluations. The last step is
/// that of ``EulerMaruyamaBlock``, whose settings and draws these are: the score is infinite at 1.
/// Source: Ma et al., "SiT", 2024; `transport.Sampler.sample_sde` of its code, method `Heun`.
struct StochasticHeunBlock: BlockFunction {
  let form: DiffusionForm
  let norm: Double

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let moved = try step.x + step.coefficient(.ofNoise) * step.noise
    let v0 = try step.predict(moved, at: .start)
    let there = try step.coefficient(.ofLatents) * moved + step.coefficient(.ofNew) * v0
    let v1 = try step.predict(there, at: .end)
    var next = try step.coefficient(.correctorOfLatents) * moved
    next = try next + step.coefficient(.correctorOfLast) * there
    next = try next + step.coefficient(.correctorOfNew) * v1
    return BlockResult(x: next, velocity: v1)
  }

  func coefficients(_ step: GridStep) -> [Coefficient: Double] {
    let (t, next) = (Double(step.start), Double(step.end))
    let delta = next - t
    // d = (1 + a·t)·v − a·x.
    let w = form.value(t, norm: norm)
    let (a, b) = (w / (1 - t), form.value(next, norm: norm) / (1 - next))
    return [
      .ofNoise: (2 * w * delta).squareRoot(),
      .ofLatents: 1 - delta * a, .ofNew: delta * (1 + a * t),
      .correctorOfLatents: 0.5, .correctorOfLast: 0.5 * (1 - delta * b),
      .correctorOfNew: 0.5 * delta * (1 + b * next),
    ]
  }

  static func blocks(steps: Int, _ options: DiffusionOptions) -> [any BlockFunction] {
    EulerMaruyamaBlock.blocks(steps: steps, options).enumerated().map { index, last in
      index + 1 == steps ? last : Self(form: options.form, norm: options.norm)
    }
  }
}
