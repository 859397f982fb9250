/// Heun–Euler 2(1) with the predictor F: Heun's rule, its error its distance from Euler's.
///
/// Order 2, two evaluations, its own k₁ among them: a step that is tried again evaluates that
/// again, and in exchange the path's end is not evaluated. In between latents lie on the
/// parabola through both ends and the first slope.
/// Source: Hairer, Nørsett, Wanner, "Solving ordinary differential equations I", 1993, section
/// II.4.
struct HeunEuler2Block: EmbeddedPair {
  static let order = 2
  static let isFirstSameAsLast = false
  static let stages: [RungeKuttaStage] = [.init(1, [1])]
  static let weights: [Double] = [1 / 2, 1 / 2]
  static let error: [Double] = [-1 / 2, 1 / 2]
}
