import Diagnostics
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

@Suite struct AdaptiveOptionsTests {
  /// Velocities of size 2 by time: lengths are C/2 within bounds.
  private func evaluations(_ change: (inout AdaptiveOptions) -> Void) throws -> Int {
    var settings = SolverSettings()
    change(&settings.adaptive)
    let field = VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1), predictor: { x, _, _ in try 0 * x + 2 })
    let sampler = try Sampler(
      executor: ReferenceExecutor<Double>(), field: field, predictorWeights: [:],
      plan: SamplingPlan("adaptive"), settings: settings)
    let end = try sampler.sample(noise: ToyFlow.column([1, 5]), labels: [0, 0]).array()
    #expect(abs(end[0] - 3) < 1e-5 && abs(end[1] - 7) < 1e-5)
    return sampler.evaluations.predictor
  }

  @Test(arguments: AdaptiveOptions.Scope.allCases)
  func lengthsAreCOverTheNorm(per: AdaptiveOptions.Scope) throws {
    #expect(try evaluations { ($0.per, $0.c) = (per, 0.25) } == 8)
    #expect(try evaluations { ($0.per, $0.c) = (per, 0.3) } == 7)
    // Within 0.01 and 0.25, or the bounds given.
    #expect(try evaluations { ($0.per, $0.c) = (per, 1e-6) } == 100)
    #expect(try evaluations { ($0.per, $0.c) = (per, 100) } == 4)
    #expect(try evaluations { ($0.per, $0.c, $0.smallest) = (per, 1e-6, 0.05) } == 20)
    #expect(try evaluations { ($0.per, $0.c, $0.largest) = (per, 100, 0.5) } == 2)
  }

  /// With guidance and several elements: the mean of squares over all of them.
  @Test func theNormIsTheRootMeanSquare() throws {
    let tensor = HostTensor([Float(3), 4, 0, 0, 1, 1], shape: [3, 2])
    #expect(abs(tensor.rootMeanSquare(rows: [0]) - 12.5.squareRoot()) < 1e-12)
    #expect(abs(tensor.rootMeanSquare(rows: [0, 2]) - (27.0 / 4).squareRoot()) < 1e-12)
  }

  @Test func boundsOfNEvaluationsMayBeGiven() throws {
    var options = AdaptiveOptions()
    (options.smallest, options.largest) = (0.2, 0.3)
    var steps = options.velocitySteps(evaluations: 4, from: 0, to: 1)
    for norm in [1.0, 100, 0.01, 1] { steps.next(norm: norm) }
    let lengths = zip(steps.times, steps.times.dropFirst()).map { $1 - $0 }
    #expect(lengths.count == 4 && lengths.allSatisfy { $0 > 0.1999 && $0 < 0.3001 }, "\(lengths)")
  }

  /// C or N, and bounds that leave room for them.
  @Test(
    arguments: [
      ("adaptive", nil, nil, nil, "adaptive.c"), ("adaptive:8", 0.2, nil, nil, "adaptive.c"),
      ("adaptive:8", nil, 0.2, nil, "adaptive.smallest"),
      ("adaptive:8", nil, nil, 0.1, "adaptive.largest"),
      ("adaptive", 0.1, 0.3, nil, "adaptive.smallest"),
      ("adaptive", 0.1, nil, 0.001, "adaptive.largest"),
      ("dopri5", nil, 0.3, 0.2, "adaptive.smallest"), ("bs3", nil, 1e-5, nil, "adaptive.smallest"),
      ("bs3", nil, nil, 2, "adaptive.largest"), ("adaptive", 0, nil, nil, "adaptive.c"),
      ("adaptive", .nan, nil, nil, "adaptive.c"),
    ] as [(String, Double?, Double?, Double?, String)])
  func mistakesAreNamed(
    _ plan: String, _ c: Double?, _ smallest: Double?, _ largest: Double?, _ field: String
  ) throws {
    var settings = SolverSettings()
    (settings.adaptive.c, settings.adaptive.smallest, settings.adaptive.largest) =
      (c, smallest, largest)
    let plan = try SamplingPlan(plan)
    let error = #expect(throws: InvalidField.self) { try plan.validate(settings) }
    #expect(error?.field == field, "\(String(describing: error))")
    // A sampler refuses them, too.
    #expect(throws: InvalidField.self) {
      _ = try Sampler(
        executor: ReferenceExecutor<Double>(), field: ToyFlow.field(), predictorWeights: [:],
        plan: plan, settings: settings)
    }
  }

  /// Bounds hold for embedded pairs, whatever the tolerance.
  @Test(arguments: AdaptiveOptions.Scope.allCases)
  func boundsHoldForPairs(per: AdaptiveOptions.Scope) throws {
    func steps(_ tolerance: Double, _ smallest: Double?, _ largest: Double?) throws -> StepCount {
      var settings = SolverSettings()
      (settings.absoluteTolerance, settings.relativeTolerance) = (tolerance, 0)
      (settings.adaptive.smallest, settings.adaptive.largest) = (smallest, largest)
      settings.adaptive.per = per
      let sampler = try ToyFlow.sampler("bs3", settings: settings)
      _ = try sampler.sample(noise: ToyFlow.column([1, 2]), labels: [0, 0])
      return sampler.steps
    }
    // Of each of two samples.
    #expect(try steps(1, nil, 0.1).accepted == 20)
    let few = try steps(1e-12, 0.25, nil)
    #expect(few.accepted == 8 && few.rejected == 0)
  }
}
