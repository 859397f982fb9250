import Diagnostics
import Foundation
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

@Suite struct AdaptiveSolverTests {
  private func sampler(_ tolerance: Double, scale: Double = 1) throws -> Sampler {
    var settings = SolverSettings()
    (settings.absoluteTolerance, settings.relativeTolerance) = (tolerance, tolerance)
    return try ToyFlow.sampler("dopri5", scale: scale, settings: settings)
  }

  /// The error follows the tolerance, and evaluations are few.
  @Test func toleranceIsMet() throws {
    var counts: [Int] = []
    for tolerance in [1e-2, 1e-3, 1e-4, 1e-5, 1e-6] {
      let sampler = try sampler(tolerance)
      let end = try sampler.sample(noise: ToyFlow.column([1]), labels: [0]).array()[0]
      #expect(abs(Double(end) - ToyFlow.exact) < 8 * tolerance, "\(tolerance)")
      counts.append(sampler.evaluations.predictor)
      // One at the start, one for the first step's length, then six for each step.
      #expect((sampler.evaluations.predictor - 2).isMultiple(of: 6))
    }
    #expect(counts == counts.sorted())
    #expect(counts[0] <= 20 && counts[4] >= 20 && counts[4] <= 62, "\(counts)")
  }

  @Test func evaluationsCountForEverySample() throws {
    let sampler = try sampler(1e-4, scale: 1.5)
    _ = try sampler.sample(noise: ToyFlow.column([1, 2, 3]), labels: [0, 1, 0])
    #expect(sampler.samples == 3)
    #expect(sampler.sampleEvaluations.predictor == 3 * sampler.evaluations.predictor)
  }

  /// Steps of given length to see the order of the rule.
  @Test func theRuleIsOfFifthOrder() throws {
    func error(_ steps: Int) throws -> Double {
      let sampler = try Sampler(
        executor: ReferenceExecutor<Double>(), field: ToyFlow.turning, predictorWeights: [:],
        plan: SamplingPlan("dopri5"))
      let labels = HostTensor([Int32(0)], shape: [1])
      let grid = try TimeGrid(steps: steps)
      var state = try sampler.run(
        PredictorEvaluation(), SampleState(x: ToyFlow.column([1])), step: grid.step(0),
        labels: labels, modulations: { _, _ in nil })
      for index in 0..<steps {
        state = try sampler.run(
          DormandPrince5Block(), state, step: grid.step(index), labels: labels,
          modulations: { _, _ in nil })
      }
      return abs(Double(state.x.array()[0]) - ToyFlow.turned)
    }
    let (coarse, fine) = (try error(4), try error(8))
    #expect(abs(log2(coarse / fine) - 5) < 1, "\(coarse) \(fine)")
  }

  @Test(arguments: ["dopri5", "bs3", "heun21", "adaptive:4"], AdaptiveOptions.Scope.allCases)
  func resultsAreThoseOfWholeNetworks(plan: String, per: AdaptiveOptions.Scope) throws {
    let networks = try ToyNetworks()
    var settings = SolverSettings()
    (settings.absoluteTolerance, settings.relativeTolerance) = (0.01, 0.01)
    settings.adaptive.per = per
    func latents(inTwoParts: Bool) throws -> [Float] {
      try networks.sampler(plan, inTwoParts: inTwoParts, settings: settings)
        .sample(noise: networks.noise(0..<3), labels: [4, 0, 4]).array()
    }
    let difference = relativeDifference(
      try latents(inTwoParts: true), try latents(inTwoParts: false))
    #expect(difference < 1e-4, "\(difference)")
  }

  /// One product of modulations by class group for each step, of its five times.
  @Test func modulationsAreComputedOnceForAStep() throws {
    let networks = try ToyNetworks()
    let recorder = RecordingExecutor()
    var settings = SolverSettings()
    (settings.absoluteTolerance, settings.relativeTolerance) = (0.01, 0.01)
    settings.adaptive.per = .batch
    let sampler = try networks.sampler(
      "dopri5", scale: 1, settings: settings, executor: recorder)
    _ = try sampler.sample(noise: networks.noise(0..<2), labels: [1, 2])
    let steps = (sampler.evaluations.predictor - 2) / 6
    #expect(recorder.conditioned.count == steps + 2)
    let times = recorder.runs.filter { $0.outputs == "modulations" }
      .compactMap { $0.inputs["times"]?.shape.elementCount }
    #expect(times == [1, 1] + Array(repeating: 5, count: steps))
  }

  private func steps(_ evaluations: Int, _ norms: [Double]) -> [Double] {
    var steps = AdaptiveOptions().velocitySteps(evaluations: evaluations, from: 0, to: 1)
    for norm in norms { steps.next(norm: norm) }
    return steps.times
  }

  @Test func stepsAreLongWhereTheVelocityIsSmall() {
    let even = steps(4, [3, 3, 3, 3])
    #expect(zip(even, [0, 0.25, 0.5, 0.75, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
    let uneven = steps(4, [1, 2, 0.5, 1])
    // A quarter; a third of the rest by (1/2)/(3/4); as far as leaves an eighth; the rest.
    let second = 0.25 + 0.75 / 3 * 0.5 / 0.75
    for (found, expected) in zip(uneven, [0, 0.25, second, 0.875, 1]) {
      #expect(abs(found - expected) < 1e-12, "\(uneven)")
    }
    // Within the bounds, whatever the norms.
    for norms in [[1, 1e-9, 1e9, 1, 0], [1e9, 1, 1, 1, 1], [0, .infinity, 1, 1, 2]] {
      let wild = steps(5, norms)
      #expect(wild.count == 6 && wild.last == 1)
      for (time, next) in zip(wild, wild.dropFirst()) {
        #expect(next - time > 0.0999 && next - time < 0.4001, "\(wild)")
      }
    }
  }

  @Test func timesAreTheSolversOwn() throws {
    var settings = SolverSettings()
    settings.times = .cosine
    #expect(throws: InvalidField.self) { try SamplingPlan("adaptive:4").validate(settings) }
  }

  @Test func stepsFollowTheError() {
    func next(_ error: Double) -> Double {
      var control = StepControl(.integral, order: 5)
      return control.next(after: 0.1, error: error, accepted: error <= 1)
    }
    #expect(next(0) == 1)
    #expect(next(1e-12) == 1)
    #expect(abs(next(0.5) - 0.1 * 0.9 / pow(0.5, 0.2)) < 1e-12)
    // Accepted: no shorter. Not accepted: shorter, to a fifth at most.
    #expect(next(0.9) == 0.1)
    #expect(abs(next(2) - 0.1 * 0.9 / pow(2, 0.2)) < 1e-12)
    #expect(abs(next(1e9) - 0.02) < 1e-12)
  }

  @Test func proportionalControlRemembersTheLastError() {
    var control = StepControl(.proportional, order: 2)
    func next(_ error: Double) -> Double {
      control.next(after: 0.1, error: error, accepted: error <= 1)
    }
    #expect(abs(next(0.25) - 0.1 * 0.9 / 0.5) < 1e-12)
    // e^(−0.7/2)·e₁^(0.4/2).
    #expect(abs(next(0.5) - 0.1 * 0.9 * pow(0.5, -0.35) * pow(0.25, 0.2)) < 1e-12)
    // Refused, then accepted with no growth, then with the accepted error in mind.
    #expect(abs(next(4) - 0.1 * 0.9 / 2) < 1e-12)
    #expect(abs(next(0.01) - 0.1) < 1e-12)
    #expect(next(0) == 0.5)
    #expect(abs(next(1e9) - 0.02) < 1e-12)
  }

  /// A field that no step size resolves ends with an error, not in an endless loop.
  @Test func whatCannotBeMetIsRefused() throws {
    let field = VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      predictor: { x, t, _ in
        // Changes sign some 10⁶ times.
        let wild = try (3e6 * t).sine().reshaped([t.shape[0], 1])
        return try 0 * x + 1e6 * wild
      })
    var settings = SolverSettings()
    (settings.absoluteTolerance, settings.relativeTolerance) = (1e-12, 0)
    let sampler = try Sampler(
      executor: ReferenceExecutor<Float>(), field: field, predictorWeights: [:],
      plan: SamplingPlan("dopri5"), settings: settings)
    let error = #expect(throws: InputError.self) {
      try sampler.sample(noise: ToyFlow.column([1]), labels: [0])
    }
    #expect(error?.description.contains("raise sampling.rtol and sampling.atol") == true)
  }

  @Test func infiniteLatentsEndTheRun() throws {
    let field = VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      predictor: { x, _, _ in try 1e38 * x * x * x })
    let sampler = try Sampler(
      executor: ReferenceExecutor<Float>(), field: field, predictorWeights: [:],
      plan: SamplingPlan("dopri5"))
    let end = try sampler.sample(noise: ToyFlow.column([1e10]), labels: [0])
    #expect(end.array().contains { !$0.isFinite })
  }
}
