import Diagnostics
import Foundation
import ReferenceExecutor
import Sampling
import TensorGraph
import Testing

@Suite struct SamplerTests {
  @Test(
    arguments: [
      "H8", "H4P3R2", "H1P5R3", "P2", "R2", "R1H1P1", "[H1P1R1]x2", "euler:5", "heun:4",
      "midpoint:3", "rk4:2", "ab2:1", "ab2:4", "ab3:1", "ab3:2", "ab3:5", "dpm++2m:1", "dpm++2m:5",
      "unipc2:1", "unipc2:5", "adaptive:2", "adaptive:7",
    ], RefinerVariant.allCases)
  func evaluationsAreCountedAsRun(plan: String, variant: RefinerVariant) throws {
    let sampler = try ToyFlow.sampler(plan, scale: 1.5, variant: variant)
    var steps = 0
    _ = try sampler.sample(noise: ToyFlow.column([1, 2]), labels: [0, 1]) {
      #expect($0.index == steps)
      steps += 1
    }
    let parsed = try SamplingPlan(plan)
    let expected = try #require(parsed.evaluations(refinerVariant: variant))
    #expect(sampler.evaluations == expected)
    #expect(sampler.samples == 2)
    #expect(sampler.sampleEvaluations.predictor == 2 * expected.predictor)
    #expect(sampler.sampleEvaluations.refiner == 2 * expected.refiner)
    #expect(steps == parsed.steps)
  }

  /// P first takes the predictor's velocity, which makes it a Heun step.
  @Test func aLeadingPseudoCorrectorIsAHeunStep() throws {
    let noise = ToyFlow.column([1, -2])
    let p = try ToyFlow.sampler("P1").sample(noise: noise, labels: [0, 1])
    let h = try ToyFlow.sampler("H1").sample(noise: noise, labels: [0, 1])
    #expect(zip(p.array(), h.array()).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  /// v = v₀ + s·(v₁ − v₀).
  @Test func guidanceOfAllChannelsMixesTheBranches() throws {
    // One Euler step of x′ = r·x with r = 1 + 0.3 and 1 − 0.2 at t = 0.
    let sampler = try ToyFlow.sampler("euler:1", scale: 3)
    let end = try sampler.sample(noise: ToyFlow.column([1]), labels: [1])
    let rate = 0.8 + 3 * (1.3 - 0.8)
    #expect(abs(Double(end.array()[0]) - (1 + rate)) < 1e-6)
  }

  /// By default the fourth channel keeps each branch's own output.
  @Test func theFourthChannelStaysUnguided() throws {
    let sampler = try Sampler(
      executor: ReferenceExecutor<Double>(),
      field: ToyFlow.field(scale: 3, channels: .firstThree), predictorWeights: [:],
      plan: SamplingPlan("euler:1"))
    let rows = HostTensor([Float](repeating: 1, count: 8), shape: [2, 4])
    let end = try sampler.integrate(from: rows, labels: [0, 2]).array()
    let expected: [Float] = [3.3, 3.3, 3.3, 2.3, 3.3, 3.3, 3.3, 1.8]
    #expect(zip(end, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(end)")
  }

  @Test(
    arguments: [1, 1.5],
    [
      "H2P1R1", "midpoint:2", "rk4:2", "ab2:4", "ab3:4", "dpm++2m:4", "unipc2:4", "sde:6",
      "sde-heun:4",
    ])
  func samplesDoNotDependOnTheirBatch(scale: Double, plan: String) throws {
    let draws = SampleDraws(seed: 5, labels: .random, classes: ToyFlow.classes)
    func latents(batch: Int) throws -> [Float] {
      let sampler = try ToyFlow.sampler(plan, scale: scale)
      return try stride(from: 0, to: 8, by: batch).flatMap { start in
        let indices = start..<min(start + batch, 8)
        return try sampler.sample(
          noise: draws.noise(indices, shape: [3]), labels: draws.labels(indices),
          diffusion: draws.diffusion(indices)
        ).array()
      }
    }
    let whole = try latents(batch: 8)
    #expect(Set(whole).count == 24)
    for batch in [1, 3] {
      let parts = try latents(batch: batch)
      #expect(zip(parts, whole).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) })
    }
    #expect(try latents(batch: 8) == whole)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let sampler = try ToyFlow.sampler("H1", scale: 1.5)
    let noise = ToyFlow.column([1, 2])
    #expect(throws: InputError.self) { try sampler.sample(noise: noise, labels: [0]) }
    #expect(throws: InputError.self) { try sampler.sample(noise: noise, labels: [0, 3]) }
    #expect(throws: InputError.self) { try sampler.sample(noise: noise, labels: [-1, 0]) }
    let odd = ToyFlow.column([1, 2, 3])
    #expect(throws: InputError.self) { try sampler.integrate(from: odd, labels: [0, 1, 2]) }
    #expect(throws: InputError.self) {
      try sampler.sample(noise: HostTensor(shape: [0, 1]), labels: [])
    }
  }

  @Test func aPlanWithRefinerStepsNeedsARefiner() throws {
    let field = VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1), predictor: { x, _, _ in x })
    let error = #expect(throws: InputError.self) {
      try Sampler(
        executor: ReferenceExecutor<Float>(), field: field, predictorWeights: [:],
        plan: SamplingPlan("H1R1"))
    }
    #expect(error?.description.contains("H1R1") == true)
  }

  @Test func anObserverCanStopARun() throws {
    struct Stop: Error {}
    let sampler = try ToyFlow.sampler("H3")
    #expect(throws: Stop.self) {
      try sampler.sample(noise: ToyFlow.column([1]), labels: [0]) { step in
        if step.index == 1 { throw Stop() }
      }
    }
  }
}
