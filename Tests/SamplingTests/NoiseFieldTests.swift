import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

/// Data x1 ~ N(μ, σ²) and noise x0 ~ N(0, 1) in every element, so that x_t ~ N(tμ, a²) with
/// a² = t²σ² + (1 − t)²; the flow's solution is x_t = tμ + a·x0.
enum GaussianFlow {
  static let mean: Float = 0.7
  static let deviation: Float = 0.5

  static func variance(_ t: Float) -> Float {
    t * t * deviation * deviation + (1 - t) * (1 - t)
  }

  /// E[x0 | x_t].
  static func noise(_ x: Float, _ t: Float) -> Float {
    (1 - t) * (x - t * mean) / variance(t)
  }

  /// E[x1 − x0 | x_t].
  static func velocity(_ x: Float, _ t: Float) -> Float {
    mean + (t * deviation * deviation - (1 - t)) * (x - t * mean) / variance(t)
  }

  /// A predictor of the noise that makes no errors, of samples (n, 1).
  static var field: VelocityField {
    VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      noise: { x, t, _ in
        let t = try t.reshaped([t.shape[0], 1])
        let variance = try deviation * deviation * t * t + (1 - t) * (1 - t)
        return try (1 - t) * (x - mean * t) / variance
      })
  }

  static func sampler(_ plan: String) throws -> Sampler {
    try Sampler(
      executor: ReferenceExecutor<Double>(), field: field, predictorWeights: [:],
      plan: SamplingPlan(plan))
  }
}

/// Predictors of noise as velocities.
@Suite struct NoiseFieldTests {
  private static let points: [Float] = [-1.5, -0.2, 0.4, 2]

  @Test(arguments: [Float(0.05), 0.1, 0.5, 0.9, 1])
  func velocitiesAreThoseOfTheSameGaussian(time: Float) throws {
    let found = try GaussianFlow.sampler("euler:1").velocity(
      ToyFlow.column(Self.points), labels: [0, 0, 0, 0], at: time
    ).array()
    for (x, v) in zip(Self.points, found) {
      #expect(abs(v - GaussianFlow.velocity(x, time)) < 1e-4, "at x = \(x)")
      let noise = NoiseField.noise(x: x, velocity: v, time: time, earliest: 0.05)
      #expect(abs(noise - GaussianFlow.noise(x, time)) < 1e-4, "at x = \(x)")
    }
  }

  /// At t = 0 the quotient has no value: the field is that of the earliest time.
  @Test(arguments: [Float(0), 0.01, 0.049]) func earlierTimesAreFrozen(time: Float) throws {
    let sampler = try GaussianFlow.sampler("euler:1")
    let x = ToyFlow.column(Self.points)
    let found = try sampler.velocity(x, labels: [0, 0, 0, 0], at: time).array()
    let earliest = try sampler.velocity(
      x, labels: [0, 0, 0, 0], at: NoiseField.earliestTime
    ).array()
    #expect(found == earliest)
    #expect(sampler.field.earliestTime == NoiseField.earliestTime)
    // And so is the noise it stands for.
    let noise = NoiseField.noise(
      x: Self.points[0], velocity: found[0], time: time, earliest: NoiseField.earliestTime)
    #expect(abs(noise - GaussianFlow.noise(Self.points[0], NoiseField.earliestTime)) < 1e-4)
  }

  /// From t = 0, the frozen part included: off by some τ² = 0.0025. A long first step, as of
  /// `dopri5`, sees one frozen slope, which is wrong by a part τ, and not the corner after it.
  @Test(arguments: ["heun:200", "H40P40", "rk4:50", "dopri5"])
  func plansBringNoiseToTheData(plan: String) throws {
    let found = try GaussianFlow.sampler(plan).sample(
      noise: ToyFlow.column(Self.points), labels: [0, 0, 0, 0]
    ).array()
    for (noise, x) in zip(Self.points, found) {
      let exact = GaussianFlow.mean + GaussianFlow.deviation * noise
      let tolerance: Float = plan == "dopri5" ? 0.02 : 0.005
      #expect(abs(x - exact) < tolerance * (1 + abs(noise)), "\(plan) from \(noise)")
    }
  }

  /// In two parts, whose second gets the time with the modulations, and in one.
  @Test(arguments: ["euler:3", "H2P2", "dpm++2m:3", "dopri5"])
  func networksInTwoPartsGiveThoseOfWholeOnes(plan: String) throws {
    let networks = try ToyNetworks(objective: .epsilon)
    for channels in GuidanceChannels.allCases {
      for scale in [1, 1.5] {
        let guidance = Guidance(
          scale: scale, channels: channels, nullClass: ToyNetworks.classes)
        let whole = VelocityField(
          guidance: guidance,
          noise: { x, t, labels in try networks.predictor(x, t: t, labels: labels) })
        let parts = VelocityField(
          predictor: networks.predictor, refiner: nil, guidance: guidance)
        let latents = try [whole, parts].map { field in
          try Sampler(
            executor: ReferenceExecutor<Float>(), field: field,
            predictorWeights: networks.predictorWeights, plan: SamplingPlan(plan)
          ).sample(noise: networks.noise(0..<3), labels: [4, 0, 4]).array()
        }
        let difference = relativeDifference(latents[1], latents[0])
        #expect(difference < 1e-4, "\(channels) at scale \(scale): \(difference)")
      }
    }
  }

  /// The same weights say other things when they are a predictor of velocities.
  @Test func theObjectiveIsSeen() throws {
    let latents = try PredictionObjective.allCases.map { objective in
      let networks = try ToyNetworks(objective: objective)
      return try networks.sampler("euler:3").sample(
        noise: networks.noise(0..<2), labels: [1, 2]
      ).array()
    }
    #expect(relativeDifference(latents[1], latents[0]) > 0.1)
  }
}
