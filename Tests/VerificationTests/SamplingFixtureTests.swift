import Checkpoints
import Models
import Sampling
import TensorGraph
import Testing
import Verification

@Suite struct SamplingFixtureTests {
  struct Configuration: Decodable {
    let predictor: NetworkDescription
    let refiner: NetworkDescription
    let decoder: AutoencoderDescription
    let mixesHPR: [[Int]]
    let cfgScales: [Double]

    enum CodingKeys: String, CodingKey {
      case predictor, refiner, decoder, cfgScales
      case mixesHPR = "mixesHpr"
    }
  }

  @Test(arguments: [1.5, 4], [TestedExecutor.cpu])
  func everyLatentAndVelocityMatches(scale: Double, on tested: TestedExecutor) throws {
    let fixture = try Fixture<Configuration>("flowturbo_sampling_tiny")
    let predictor = try SiT(fixture.configuration.predictor.configuration)
    let refiner = try VelocityRefiner(fixture.configuration.refiner.configuration)
    let weights = try WeightFormula(salt: fixture.salt("predictor")).weights(predictor.parameters)
    let refinerWeights = try WeightFormula(salt: fixture.salt("refiner"))
      .weights(refiner.parameters)
    let prefix = scale == 4 ? "cfg4" : "cfg1.5"
    #expect(fixture.configuration.mixesHPR.count == 8)

    for mix in fixture.configuration.mixesHPR {
      let plan = "H\(mix[0])P\(mix[1])R\(mix[2])"
      for variant in ["", "asym_"] where fixture.file.contains("\(prefix)/\(plan)/\(variant)x") {
        let sampler = try Sampler(
          executor: tested.executor,
          field: VelocityField(
            predictor: predictor, refiner: refiner,
            guidance: Guidance(scale: scale, nullClass: predictor.configuration.classes)),
          predictorWeights: weights, refinerWeights: refinerWeights, plan: SamplingPlan(plan))
        let start = try fixture.tensor(variant.isEmpty ? "x0" : "x0_asym")
        var (latents, velocities) = (start.array(), [Float]())
        let end = try sampler.integrate(from: start, labels: fixture.labels("y")) { step in
          latents += step.latents.array()
          velocities += step.velocity.array()
        }
        try fixture.expect("\(prefix)/\(plan)/\(variant)x", equals: latents)
        try fixture.expect("\(prefix)/\(plan)/\(variant)v", equals: velocities)
        #expect(try sampler.evaluations == SamplingPlan(plan).evaluations())

        let image = "\(prefix)/\(plan)/\(variant)img"
        guard fixture.file.contains(image) else { continue }
        try fixture.expect(image, equals: decode(end, fixture, tested))
      }
    }
  }

  /// The conditional half, divided by the scale that latents carry.
  private func decode(
    _ rows: HostTensor, _ fixture: Fixture<Configuration>, _ tested: TestedExecutor
  ) throws -> HostTensor? {
    let model = try AutoencoderKL(fixture.configuration.decoder.configuration)
    let graph = Graph()
    let n = rows.shape[0] / 2
    let z = try graph.input("rows", rows.shape).slice(axis: 0, 0..<n)
    graph.output("image", try model.decode(z / graph.constant(0.18215)))
    let weights = try WeightFormula(salt: fixture.salt("vae")).weights(model.decoderParameters)
    return try tested.executor.compile(graph, variables: weights, frozen: true)
      .run(["rows": rows])["image"]
  }

  struct SolverConfiguration: Decodable {
    let model: NetworkDescription
    let cfgScale: Double
    let fixedSteps: Int
  }

  @Test(
    arguments: [
      ("plain_euler", "euler:6"), ("plain_heun", "heun:6"), ("guided_euler", "euler:6"),
      ("guided_heun", "heun:6"), ("integrators_HHRR", "H2R2"), ("integrators_HRR", "H1R2"),
      ("integrators_HHH", "H3"),
    ], [TestedExecutor.cpu])
  func solversMatch(run: (name: String, plan: String), on tested: TestedExecutor) throws {
    let fixture = try Fixture<SolverConfiguration>("solvers_tiny")
    let predictor = try SiT(fixture.configuration.model.configuration)
    var configuration = predictor.configuration
    configuration.velocityInput = true
    configuration.depth = 1
    let refiner = try VelocityRefiner(configuration)
    let isPlain = run.name.hasPrefix("plain")
    let scale = isPlain ? 1 : fixture.configuration.cfgScale
    let sampler = try Sampler(
      executor: tested.executor,
      field: VelocityField(
        predictor: predictor, refiner: refiner,
        guidance: Guidance(scale: scale, nullClass: configuration.classes)),
      predictorWeights: WeightFormula(salt: fixture.salt("model")).weights(predictor.parameters),
      refinerWeights: WeightFormula(salt: fixture.salt("refiner")).weights(refiner.parameters),
      plan: SamplingPlan(run.plan), variant: .integrator)

    var (start, labels) = (try fixture.tensor("x0"), try fixture.labels("y"))
    if isPlain {
      let n = labels.count / 2
      start = HostTensor(
        Array(start.array().prefix(start.shape.elementCount / 2)),
        shape: Shape([n] + start.shape.dimensions.dropFirst()))
      labels = Array(labels.prefix(n))
    }
    var latents = start.array()
    _ = try sampler.integrate(from: start, labels: labels) { latents += $0.latents.array() }
    try fixture.expect(run.name, equals: latents)
  }
}
