import TensorGraph

/// Heun's method whose first slope is the velocity v handed on, the block P of a plan.
///
///     d₁ = F(x + Δt·v, tᵢ₊₁)
///     x ← x + Δt/2·(v + d₁)
///
/// One evaluation of the predictor; hands on d₁, taken at the predicted and not
/// at the corrected x. Second order after a block that hands on such a slope.
/// Source: FlowTurbo (Zhao et al. 2024), section 3.3, pseudo corrector.
struct PseudoCorrectorBlock: BlockFunction {
  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, v, delta) = try (step.x, step.velocity, step.delta)
    let d1 = try step.predict(x + delta * v, at: .end)
    return BlockResult(x: try x + 0.5 * delta * (v + d1), velocity: d1)
  }
}
