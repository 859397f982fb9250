import Diagnostics
import Foundation
import ReferenceExecutor
import Sampling
import TensorGraph
import Testing

@Suite struct StochasticSolverTests {
  private static let (mean, deviation) = (1.0, 0.5)

  /// The exact velocity to normal data: xₜ has mean t·m and variance t²s² + (1 − t)².
  private static var field: VelocityField {
    VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      predictor: { x, t, _ in
        let time = try t.reshaped([t.shape[0], 1])
        let variance = Float(deviation * deviation)
        let spread = try variance * time * time + (1 - time) * (1 - time)
        let slope = try (variance * time - (1 - time)) / spread
        return try slope * (x - Float(mean) * time) + Float(mean)
      })
  }

  private func samples(_ plan: String, _ settings: SolverSettings, seed: UInt64 = 1) throws
    -> [Double]
  {
    let draws = SampleDraws(seed: seed, labels: .random, classes: 1)
    return try Sampler(
      executor: ReferenceExecutor<Float>(), field: Self.field, predictorWeights: [:],
      plan: SamplingPlan(plan), settings: settings
    ).sample(
      noise: draws.noise(0..<4, shape: [700]), labels: [0, 0, 0, 0],
      diffusion: draws.diffusion(0..<4)
    ).array().map(Double.init)
  }

  private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, variance.squareRoot())
  }

  private func settings(
    _ form: DiffusionForm, _ lastStep: DiffusionLastStep = .mean, size: Double = 0.01
  ) -> SolverSettings {
    var settings = SolverSettings()
    settings.diffusion.form = form
    settings.diffusion.lastStep = lastStep
    settings.diffusion.lastStepSize = size
    return settings
  }

  /// 2800 values: 4 standard errors are 0.038 of the mean and 0.027 of the deviation.
  @Test(arguments: DiffusionForm.allCases, ["sde:80", "sde-heun:40"])
  func everyDiffusionReachesTheData(form: DiffusionForm, plan: String) throws {
    let values = try samples(plan, settings(form))
    let found = moments(values)
    #expect(abs(found.mean - Self.mean) < 0.05, "\(found)")
    #expect(abs(found.deviation - Self.deviation) < 0.05, "\(found)")
  }

  @Test func drawsAreOfTheSeed() throws {
    let values = try samples("sde:5", settings(.sigma))
    #expect(try samples("sde:5", settings(.sigma)) == values)
    #expect(try samples("sde:5", settings(.sigma), seed: 2) != values)
  }

  @Test(arguments: DiffusionLastStep.allCases, ["sde:80", "sde-heun:20"])
  func everyLastStepReachesTheData(lastStep: DiffusionLastStep, plan: String) throws {
    let found = moments(try samples(plan, settings(.sigma, lastStep)))
    #expect(abs(found.mean - Self.mean) < 0.05, "\(found)")
    #expect(abs(found.deviation - Self.deviation) < 0.05, "\(found)")
  }

  /// Noise is what differs from Euler's method: without it the steps are the same.
  @Test func withoutDiffusionItIsEulersMethod() throws {
    var quiet = settings(.constant, .none)
    quiet.diffusion.norm = 0
    let found = try samples("sde:20", quiet)
    let euler = try samples("euler:20", .init())
    #expect(zip(found, euler).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(try samples("sde:20", settings(.constant, .none)) != found)
  }

  /// Where two samples with the same draws end: the equation is linear in x, so that noise drops
  /// out of their distance, which shows the order in the drift.
  @Test(arguments: [("sde", 1.0), ("sde-heun", 2)])
  func driftsAreOfTheirOrder(solver: (name: String, order: Double)) throws {
    let draws = SampleDraws(seed: 1, labels: .random, classes: 1)
    func distance(_ plan: String) throws -> Double {
      var options = settings(.sigma, size: 0.04)
      options.diffusion.norm = 2
      let ends = try [Float(-1), 2].map { start in
        try Sampler(
          executor: ReferenceExecutor<Double>(), field: Self.field, predictorWeights: [:],
          plan: SamplingPlan(plan), settings: options
        ).sample(
          noise: ToyFlow.column([start]), labels: [0], diffusion: draws.diffusion(0..<1)
        ).array()[0]
      }
      return Double(ends[1]) - Double(ends[0])
    }
    let fine = try distance("sde-heun:401")
    // One step of N is the last, which is the same for all.
    let errors = try [17, 33].map { abs(try distance("\(solver.name):\($0)") - fine) }
    #expect(errors[1] > 1e-5)
    #expect(abs(log2(errors[0] / errors[1]) - solver.order) < 0.3, "\(errors)")
  }

  /// Without noise and but for the last step, Heun's method.
  @Test func withoutDiffusionItIsHeunsMethod() throws {
    var quiet = settings(.constant, .none)
    quiet.diffusion.norm = 0
    var found: [[Double]] = []
    for plan in ["sde-heun:10", "heun:10"] {
      var latents: [Double] = []
      let draws = SampleDraws(seed: 1, labels: .random, classes: 1)
      let sampler = try Sampler(
        executor: ReferenceExecutor<Float>(), field: Self.field, predictorWeights: [:],
        plan: SamplingPlan(plan), settings: quiet)
      _ = try sampler.sample(
        noise: draws.noise(0..<2, shape: [3]), labels: [0, 0], diffusion: draws.diffusion(0..<2)
      ) { step in
        if step.index == 8 { latents = step.latents.array().map(Double.init) }
      }
      found.append(latents)
      #expect(sampler.evaluations.predictor == (plan == "heun:10" ? 20 : 19))
    }
    #expect(found[0].count == 6)
    #expect(zip(found[0], found[1]).allSatisfy { abs($0 - $1) < 1e-5 }, "\(found)")
  }

  /// To the expected data, which is where the velocity points.
  @Test func tweedieIsEulersLastStep() throws {
    let tweedie = try samples("sde:10", settings(.linear, .tweedie, size: 0.04))
    #expect(try samples("sde:10", settings(.linear, .euler, size: 0.04)) == tweedie)
    #expect(try samples("sde:10", settings(.linear, .mean, size: 0.04)) != tweedie)
  }

  @Test func drawsAreNeededForEverySample() throws {
    let draws = SampleDraws(seed: 1, labels: .random, classes: 1)
    let sampler = try Sampler(
      executor: ReferenceExecutor<Float>(), field: Self.field, predictorWeights: [:],
      plan: SamplingPlan("sde:2"))
    let noise = draws.noise(0..<2, shape: [3])
    #expect(throws: InputError.self) { try sampler.sample(noise: noise, labels: [0, 0]) }
    #expect(throws: InputError.self) {
      try sampler.sample(noise: noise, labels: [0, 0], diffusion: draws.diffusion(0..<3))
    }
  }
}
