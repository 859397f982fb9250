import TensorGraph

/// Heun's method with the predictor F, the block H of a plan.
///
///     d₀ = F(x, tᵢ)
///     d₁ = F(x + Δt·d₀, tᵢ₊₁)
///     x ← x + Δt/2·(d₀ + d₁)
///
/// Order 2, two evaluations of the predictor; hands on d₁. Source: FlowTurbo
/// (Zhao et al. 2024), section 3.2; also called the explicit trapezoidal rule, `heun:N`.
struct HeunBlock: BlockFunction {
  /// Which slope the next block gets. FlowTurbo's assembled blocks hand on the
  /// second; its integrator hands its refiner the first.
  enum HandedOn { case first, second }
  var handsOn = HandedOn.second

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, delta) = try (step.x, step.delta)
    let d0 = try step.predict(x, at: .start)
    let d1 = try step.predict(x + delta * d0, at: .end)
    return BlockResult(
      x: try x + 0.5 * delta * (d0 + d1), velocity: handsOn == .second ? d1 : d0)
  }
}
