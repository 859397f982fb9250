/// Dormand–Prince 5(4) with the predictor F.
///
/// Order 5, six evaluations beside k₁ (first same as last). The last step may pass the end of
/// the path and is interpolated back, as torchdiffeq's; in between latents lie on the polynomial
/// of fourth degree through both ends, their slopes and the middle.
/// Source: Dormand, Prince, "A family of embedded Runge–Kutta formulae", 1980, table 2;
/// b̂ and the middle: Shampine, "Some practical Runge–Kutta formulas", 1986, as torchdiffeq.
struct DormandPrince5Block: EmbeddedPair {
  static let order = 5
  static let control = StepControl.Kind.integral
  static let staysOnPath = false
  static let stages: [RungeKuttaStage] = [
    .init(1 / 5, [1 / 5]),
    .init(3 / 10, [3 / 40, 9 / 40]),
    .init(4 / 5, [44 / 45, -56 / 15, 32 / 9]),
    .init(8 / 9, [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729]),
    .init(1, [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656]),
    .init(1, [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]),
  ]
  static let error: [Double] = [
    35 / 384 - 1951 / 21600, 0, 500 / 1113 - 22642 / 50085, 125 / 192 - 451 / 720,
    -2187 / 6784 + 12231 / 42400, 11 / 84 - 649 / 6300, -1 / 60,
  ]
  static let middle: [Double]? = [
    6_025_192_743 / 30_085_553_152 / 2, 0, 51_252_292_925 / 65_400_821_598 / 2,
    -2_691_868_925 / 45_128_329_728 / 2, 187_940_372_067 / 1_594_534_317_056 / 2,
    -1_776_094_331 / 19_743_644_256 / 2, 11_237_099 / 235_043_384 / 2,
  ]
}
