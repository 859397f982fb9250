import Foundation
import ReferenceExecutor
import Sampling
import TensorGraph
import Testing

/// DPM-Solver++(2M) and UniPC-2.
@Suite struct LogSNRSolverTests {
  /// Both integrate in the predicted data: where these are constant, every step is exact.
  @Test(arguments: ["dpm++2m:1", "dpm++2m:6", "unipc2:1", "unipc2:6"])
  func constantDataAreReachedOnTheStraightLine(plan: String) throws {
    let field = VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      predictor: { x, t, _ in
        let left = try (1 - t).reshaped([t.shape[0], 1])
        return try (0.7 - x) / left
      })
    let sampler = try Sampler(
      executor: ReferenceExecutor<Double>(), field: field, predictorWeights: [:],
      plan: SamplingPlan(plan))
    let count = try SamplingPlan(plan).steps
    let end = try sampler.sample(noise: ToyFlow.column([2]), labels: [0]) { step in
      let t = Float(step.index + 1) / Float(count)
      let found = step.latents.array()[0]
      #expect(abs(found - (2 + t * (0.7 - 2))) < 1e-6)
    }
    #expect(abs(end.array()[0] - 0.7) < 1e-6)
  }

  /// Numbers of diffusers 0.42 (`DPMSolverMultistepScheduler`, `UniPCMultistepScheduler` with
  /// `flow_prediction`, order 2, `midpoint` and `bh2`) for σ = 1 − i/N, from 1, in float64, for
  /// x′ = (0.3 + cos t)·x + 0.2·sin 3x.
  @Test(arguments: [
    ("dpm++2m:1", [2.3282240, -1.3494990, 4.5441169]),
    ("dpm++2m:4", [2.8036424, -1.5944414, 5.7892883]),
    ("dpm++2m:8", [3.0069758, -1.6349517, 6.1963563]),
    ("unipc2:2", [2.5478196, -1.5051477, 5.1604699]),
    ("unipc2:4", [2.8603800, -1.6269955, 5.9587681]),
    ("unipc2:8", [3.0532061, -1.6515409, 6.3174608]),
  ])
  func stepsAreThoseOfDiffusers(plan: String, expected: [Float]) throws {
    let field = VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      predictor: { x, t, _ in
        let rate = try (t.cosine() + 0.3).reshaped([t.shape[0], 1])
        return try x * rate + 0.2 * (3 * x).sine()
      })
    let sampler = try Sampler(
      executor: ReferenceExecutor<Double>(), field: field, predictorWeights: [:],
      plan: SamplingPlan(plan))
    let end = try sampler.sample(noise: ToyFlow.column([1, -0.5, 2]), labels: [0, 0, 0]).array()
    #expect(zip(end, expected).allSatisfy { abs($0 - $1) < 5e-6 }, "\(end)")
  }
}
