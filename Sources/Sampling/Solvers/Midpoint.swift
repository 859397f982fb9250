import TensorGraph

/// The explicit midpoint rule with the predictor F.
///
///     m = x + Δt/2·F(x, tᵢ)
///     x ← x + Δt·F(m, tᵢ + Δt/2)
///
/// Order 2, two evaluations; hands on the second slope. Source: Hairer, Nørsett, Wanner,
/// "Solving ordinary differential equations I", 1993, section II.1, equation 1.6 (Runge).
struct MidpointBlock: BlockFunction {
  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, delta) = try (step.x, step.delta)
    let d0 = try step.predict(x, at: .start)
    let d1 = try step.predict(x + 0.5 * delta * d0, at: .middle)
    return BlockResult(x: try x + delta * d1, velocity: d1)
  }
}
