/// What a predictor's output at x_t = t·x1 + (1 − t)·x0 is an estimate of, x0 being noise and x1
/// data. Both are the same model in two forms, as x_t ties one to the other.
public enum PredictionObjective: String, Sendable, CaseIterable {
  /// x1 − x0, as in flow matching (Ma et al. 2024, SiT).
  case velocity
  /// The noise x0, as in diffusion models (Ho et al. 2020, equation 14), on the same path.
  case epsilon
}
