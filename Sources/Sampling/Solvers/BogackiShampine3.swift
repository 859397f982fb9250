/// Bogacki–Shampine 3(2) with the predictor F.
///
/// Order 3, three evaluations beside k₁ (first same as last). In between latents lie on the
/// cubic through both ends and their slopes.
/// Source: Bogacki, Shampine, "A 3(2) pair of Runge–Kutta formulas", 1989.
struct BogackiShampine3Block: EmbeddedPair {
  static let order = 3
  static let stages: [RungeKuttaStage] = [
    .init(1 / 2, [1 / 2]), .init(3 / 4, [0, 3 / 4]), .init(1, [2 / 9, 1 / 3, 4 / 9]),
  ]
  static let error: [Double] = [2 / 9 - 7 / 24, 1 / 3 - 1 / 4, 4 / 9 - 1 / 3, -1 / 8]
}
