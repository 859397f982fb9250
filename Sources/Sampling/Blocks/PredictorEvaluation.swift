import TensorGraph

/// The velocity before the first block, for plans that begin with P or R.
///
///     v = F(x, t₀)
///
/// One evaluation of the predictor; x stays.
struct PredictorEvaluation: BlockFunction {
  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let x = try step.x
    return BlockResult(x: x, velocity: try step.predict(x, at: .start))
  }
}
