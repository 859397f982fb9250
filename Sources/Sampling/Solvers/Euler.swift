import TensorGraph

/// Euler's method with the predictor F.
///
///     x ← x + Δt·F(x, tᵢ)
///
/// Order 1, one evaluation of the predictor; hands on F(x, tᵢ).
struct EulerBlock: BlockFunction {
  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let x = try step.x
    let d0 = try step.predict(x, at: .start)
    return BlockResult(x: try x + step.delta * d0, velocity: d0)
  }
}
