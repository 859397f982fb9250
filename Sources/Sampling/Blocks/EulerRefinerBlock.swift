import TensorGraph

/// An Euler step along the velocity v handed on, corrected by the refiner G.
///
///     d₀ = G(x, tᵢ, v) + v
///     x ← x + Δt·d₀
///
/// Order 1, one evaluation of the refiner; hands on d₀.
struct EulerRefinerBlock: BlockFunction {
  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, v) = try (step.x, step.velocity)
    let d0 = try step.refine(x, at: .start, velocity: v) + v
    return BlockResult(x: try x + step.delta * d0, velocity: d0)
  }
}
