import Diagnostics
import Sampling
import Testing

@Suite struct SamplingPlanTests {
  private typealias Block = SamplingBlock

  @Test func readsBlocks() throws {
    #expect(try SamplingPlan("H2P1R1") == .blocks([.heun, .heun, .pseudoCorrector, .refiner]))
    #expect(try SamplingPlan("RPH") == .blocks([.refiner, .pseudoCorrector, .heun]))
    #expect(try SamplingPlan("H1R0") == .blocks([.heun]))
    #expect(try SamplingPlan("[HR2]x2P") == SamplingPlan("H1R2H1R2P1"))
    #expect(try SamplingPlan("[[HP]x2R]x2[H]") == SamplingPlan("HPHPRHPHPRH"))
    #expect(try SamplingPlan("[H]x0P").steps == 1)
  }

  @Test func readsSolvers() throws {
    #expect(try SamplingPlan("euler:8") == .solver(.euler, steps: 8))
    #expect(try SamplingPlan("heun:10000") == .solver(.heun, steps: 10_000))
    #expect(try SamplingPlan("dpm++2m:8") == .solver(.dpm2M, steps: 8))
    #expect(try SamplingPlan("dopri5") == .solver(.dopri5, steps: 1))
    #expect(try SamplingPlan("dopri5:4") == .solver(.dopri5, steps: 4))
    #expect(try SamplingPlan("dopri5").evaluations() == nil)
    #expect(try SamplingPlan("sde:4").isStochastic && SamplingPlan("sde-heun:4").isStochastic)
    #expect(try SamplingPlan("sde-heun:4").evaluations()?.predictor == 7)
    #expect(try SamplingPlan("adaptive") == .solver(.adaptive, steps: 1))
    #expect(try SamplingPlan("adaptive").evaluations() == nil)
    #expect(try SamplingPlan("adaptive:4").evaluations()?.predictor == 4)
  }

  @Test(arguments: [
    ("H4P3R2", "H4P3R2"), ("[H1P1R1]x3", "[H1P1R1]x3"), ("HPHP", "[H1P1]x2"), ("HH", "H2"),
    ("[[HP]x2]x2", "[H1P1]x4"), ("H2P2H2", "H2P2H2"), ("heun:4", "heun:4"), ("[H]x9", "H9"),
    ("dpm++2m:8", "dpm++2m:8"), ("dopri5", "dopri5"), ("dopri5:3", "dopri5:3"), ("bs3", "bs3"),
    ("heun21:2", "heun21:2"), ("adaptive", "adaptive"), ("adaptive:2", "adaptive:2"),
    ("sde-heun:3", "sde-heun:3"),
    ("sde:50", "sde:50"),
  ])
  func descriptionIsCanonical(_ text: String, _ canonical: String) throws {
    let plan = try SamplingPlan(text)
    #expect(plan.description == canonical)
    #expect(try SamplingPlan(plan.description) == plan)
  }

  @Test(arguments: [
    ("H8", 16, 0), ("H4P3R2", 11, 4), ("H1P5R3", 7, 6), ("P1", 2, 0), ("P3", 4, 0), ("R1", 1, 2),
    ("R2H1", 3, 4), ("H1R1", 2, 2), ("[H1P1R1]x3", 9, 6), ("euler:8", 8, 0), ("heun:4", 8, 0),
    ("rk4:2", 8, 0), ("ab2:8", 8, 0), ("ab3:8", 9, 0), ("sde:50", 50, 0), ("unipc2:8", 8, 0),
    ("adaptive:8", 8, 0),
  ])
  func countsEvaluations(_ text: String, _ predictor: Int, _ refiner: Int) throws {
    let plan = try SamplingPlan(text)
    #expect(plan.evaluations() == EvaluationCount(predictor: predictor, refiner: refiner))
    #expect(plan.evaluations(refinerVariant: .integrator) == plan.evaluations())
    #expect(
      plan.evaluations(refinerVariant: .euler)
        == EvaluationCount(predictor: predictor, refiner: refiner / 2))
    #expect(plan.usesRefiner == (refiner > 0))
  }

  @Test(arguments: [
    (
      "H4X2",
      "plan 'H4X2': unknown letter 'X' at position 3; valid letters: "
        + "H (Heun), P (pseudo corrector), R (refiner)"
    ),
    (
      "4H",
      "plan '4H': unexpected character '4' at position 1; valid letters: "
        + "H (Heun), P (pseudo corrector), R (refiner)"
    ),
    (
      "H]",
      "plan 'H]': unexpected character ']' at position 2; valid letters: "
        + "H (Heun), P (pseudo corrector), R (refiner)"
    ),
    ("", "plan '': has no steps; write it like H4P3R2"),
    ("H0", "plan 'H0': has no steps; write it like H4P3R2"),
    ("H[P", "plan 'H[P': the group opened at position 2 is not closed by ']'"),
    ("[H]xP", "plan '[H]xP': expected a count after 'x' at position 4"),
    ("H10001", "plan 'H10001': the count at position 2 is above 10000"),
    (
      "H99999999999999999999",
      "plan 'H99999999999999999999': the count at position 2 is above 10000"
    ),
    ("[[H100]x100]x2", "plan '[[H100]x100]x2': has more than 10000 steps"),
    ("H9999P2", "plan 'H9999P2': has more than 10000 steps"),
    (
      "dopri:5",
      "plan 'dopri:5': unknown solver 'dopri'; valid solvers: euler, midpoint, heun, rk4, ab2, ab3, "
        + "dpm++2m, unipc2, sde, sde-heun, heun21, bs3, dopri5, adaptive"
    ),
    ("dopri5:0", "plan 'dopri5:0': expected 1 to 10000 steps after 'dopri5:', found '0'"),
    ("adaptive:1", "plan 'adaptive:1': expected 2 to 10000 steps after 'adaptive:', found '1'"),
    ("euler", "plan 'euler': expected a number of steps, as in euler:8, found none"),
    ("heun:0", "plan 'heun:0': expected 1 to 10000 steps after 'heun:', found '0'"),
    ("heun:x", "plan 'heun:x': expected 1 to 10000 steps after 'heun:', found 'x'"),
    ("euler:", "plan 'euler:': expected 1 to 10000 steps after 'euler:', found ''"),
  ])
  func errorsNameTheCharacter(_ text: String, _ message: String) {
    #expect {
      try SamplingPlan(text)
    } throws: {
      ($0 as? InputError)?.description == message
    }
  }

  @Test func nestingIsBounded() {
    let nested = String(repeating: "[", count: 100_000) + "H"
    #expect(throws: InputError.self) { try SamplingPlan(nested) }
    // Doubling fifteen times passes the limit on steps, not the memory.
    let doubled = String(repeating: "[", count: 15) + "H" + String(repeating: "]x2", count: 15)
    #expect(throws: InputError.self) { try SamplingPlan(doubled) }
    #expect(throws: InputError.self) { try SamplingPlan(String(repeating: "H", count: 100_000)) }
  }
}
