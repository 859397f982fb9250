import TensorGraph

/// The classical Runge–Kutta rule with the predictor F.
///
///     d₁ = F(x, tᵢ)
///     d₂ = F(x + Δt/2·d₁, tᵢ + Δt/2)
///     d₃ = F(x + Δt/2·d₂, tᵢ + Δt/2)
///     d₄ = F(x + Δt·d₃, tᵢ₊₁)
///     x ← x + Δt/6·(d₁ + 2d₂ + 2d₃ + d₄)
///
/// Order 4, four evaluations; hands on d₄. Source: Hairer, Nørsett, Wanner, "Solving ordinary
/// differential equations I", 1993, table II.1.2 (Kutta).
struct RungeKutta4Block: BlockFunction {
  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, delta) = try (step.x, step.delta)
    let d1 = try step.predict(x, at: .start)
    let d2 = try step.predict(x + 0.5 * delta * d1, at: .middle)
    let d3 = try step.predict(x + 0.5 * delta * d2, at: .middle)
    let d4 = try step.predict(x + delta * d3, at: .end)
    let sum = try d1 + 2 * (d2 + d3) + d4
    return BlockResult(x: try x + (delta * (1.0 / 6)) * sum, velocity: d4)
  }
}
