import CPUExecutor
import Models
import Sampling
import TensorGraph
import Testing

@testable import Verification

/// Fixed-step solvers and the published code's other integrator.
@Suite struct SolverFixtureTests {
  struct Settings: Decodable {
    let model: NetworkSettings
    let scale: Double

    enum CodingKeys: String, CodingKey {
      case model
      case scale = "cfg_scale"
    }
  }

  @Test(arguments: [
    ("plain_euler", "euler:6"), ("plain_heun", "heun:6"), ("guided_euler", "euler:6"),
    ("guided_heun", "heun:6"), ("integrators_HHRR", "H2R2"), ("integrators_HRR", "H1R2"),
    ("integrators_HHH", "H3"),
  ])
  func solversMatch(run: (name: String, plan: String)) throws {
    let fixture = try Fixture(path: fixturePath("solvers_tiny"))
    let settings = try fixture.configuration(Settings.self)
    let predictor = try SiT(settings.model.configuration())
    var configuration = predictor.configuration
    configuration.velocityInput = true
    configuration.depth = 1
    let refiner = try VelocityRefiner(configuration)
    let isPlain = run.name.hasPrefix("plain")
    let sampler = try Sampler(
      executor: CPUExecutor(),
      field: VelocityField(
        predictor: predictor, refiner: refiner,
        guidance: Guidance(scale: isPlain ? 1 : settings.scale, nullClass: configuration.classes)),
      predictorWeights: fixture.formula("model").weights(predictor.parameters),
      refinerWeights: fixture.formula("refiner").weights(refiner.parameters),
      plan: SamplingPlan(run.plan), variant: .integrator)

    var start = try fixture.input("x0")
    var labels = try fixture.integers("y", count: start.shape[0], upTo: configuration.classes)
    if isPlain {
      let n = labels.count / 2
      start = HostTensor(
        Array(start.array().prefix(start.shape.elementCount / 2)),
        shape: Shape([n] + start.shape.dimensions.dropFirst()))
      labels = Array(labels.prefix(n))
    }
    var latents = [start]
    _ = try sampler.integrate(from: start, labels: labels) { latents.append($0.latents.copy()) }
    let result = CheckResult(
      run.name,
      actual: ComputedTensor(
        shape: [latents.count] + start.shape.dimensions,
        values: latents.flatMap { $0.array().map(Double.init) }),
      expected: try fixture.expected(run.name), fixture.tolerance(run.name) ?? .exact)
    #expect(result.passes, "\(result.failure ?? "")")
  }
}
