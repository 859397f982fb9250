import Foundation
import ReferenceExecutor
import Sampling
import TensorGraph
import Testing

/// All solvers on one small nonlinear field.
@Suite struct SolverAgreementTests {
  /// x′ = sin(2x) + cos t + 0.3·(class's shift), guided.
  private func field(scale: Double) -> VelocityField {
    func velocity(_ x: Tensor, _ t: Tensor, _ labels: Tensor) throws -> Tensor {
      let shift = try x.graph.constant([0.3, 0.1, -0.2], shape: [3, 1]).gather(labels)
      return try (2 * x).sine() + t.cosine().reshaped([t.shape[0], 1]) + shift
    }
    return VelocityField(
      guidance: Guidance(scale: scale, channels: .all, nullClass: 2), predictor: velocity,
      refiner: { x, t, old, labels in try velocity(x, t, labels) - old })
  }

  private func end(_ plan: String, scale: Double, _ settings: SolverSettings = .init()) throws
    -> [Float]
  {
    let noise = HostTensor([0.3, -1.2, 0.9, 2], shape: [2, 2])
    return try Sampler(
      executor: ReferenceExecutor<Double>(), field: field(scale: scale), predictorWeights: [:],
      plan: SamplingPlan(plan), variant: .integrator, settings: settings
    ).sample(noise: noise, labels: [0, 1]).array()
  }

  @Test(arguments: [1, 1.5])
  func smallStepsAgree(scale: Double) throws {
    let solution = try end("rk4:50", scale: scale)
    var tight = SolverSettings()
    (tight.absoluteTolerance, tight.relativeTolerance) = (1e-6, 1e-5)
    for (plan, settings) in [
      ("euler:10000", SolverSettings()), ("heun:200", .init()), ("midpoint:200", .init()),
      ("ab2:300", .init()), ("ab3:100", .init()), ("dpm++2m:500", .init()),
      ("unipc2:500", .init()), ("dopri5", tight), ("bs3", tight), ("heun21", tight),
      ("adaptive:300", .init()), ("H100P100", .init()), ("H100R100", .init()),
    ] {
      let found = try end(plan, scale: scale, settings)
      let difference = zip(found, solution).map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference < 1e-4, "\(plan): \(difference)")
      // No two rules are the same, and few steps differ.
      if plan.hasPrefix("H100") == false, plan.contains(":") {
        let coarse = try end("\(plan.prefix { $0 != ":" }):4", scale: scale)
        let far = zip(coarse, solution).map { abs($0 - $1) }.max() ?? 0
        #expect(far > 1e-4, "\(plan)")
      }
    }
  }

  /// Latents between the steps are those of a solver that is asked for these times.
  @Test func denseOutputIsOfHighOrder() throws {
    var settings = SolverSettings()
    (settings.absoluteTolerance, settings.relativeTolerance) = (1e-6, 1e-5)
    settings.times = .list([0, 0.15, 0.5, 0.77, 1])
    func latents(_ plan: String) throws -> [[Float]] {
      var latents: [[Float]] = []
      var own = settings
      if plan != "dopri5:4" { own.times = .uniform }
      let sampler = try Sampler(
        executor: ReferenceExecutor<Double>(), field: field(scale: 1), predictorWeights: [:],
        plan: SamplingPlan(plan), settings: own)
      _ = try sampler.sample(noise: ToyFlow.column([0.4]), labels: [0]) {
        #expect($0.index == latents.count)
        latents.append($0.latents.array())
      }
      return latents
    }
    let fine = try latents("rk4:100")
    let dense = try latents("dopri5:4")
    #expect(dense.count == 4)
    for (found, index) in zip(dense, [14, 49, 76, 99]) {
      #expect(abs(found[0] - fine[index][0]) < 2e-5)
    }
  }
}
