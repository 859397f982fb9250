import TensorGraph

/// A Heun step whose slopes are the velocity v handed on, corrected by the
/// refiner G: the block R of a plan.
///
///     d₀ = G(x, tᵢ, v) + v
///     d₁ = G(x + Δt·d₀, tᵢ₊₁, w) + d₀
///     x ← x + Δt/2·(d₀ + d₁)
///
/// with w = v in the assembled blocks, which sample the published pictures, and
/// w = d₀ in the integrator. Two evaluations of the refiner; hands on d₀.
/// Source: FlowTurbo (Zhao et al. 2024), section 3.2, velocity refiner.
struct RefinerBlock: BlockFunction {
  enum SecondCall {
    /// The refiner is fed the same old velocity both times, as in the assembled blocks.
    case handedVelocity
    /// It is fed the first slope, as in the integrator.
    case firstSlope
  }
  let secondCall: SecondCall

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, v, delta) = try (step.x, step.velocity, step.delta)
    let d0 = try step.refine(x, at: .start, velocity: v) + v
    let w = secondCall == .handedVelocity ? v : d0
    let d1 = try step.refine(x + delta * d0, at: .end, velocity: w) + d0
    return BlockResult(x: try x + 0.5 * delta * (d0 + d1), velocity: d0)
  }
}
