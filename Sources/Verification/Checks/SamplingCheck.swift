// n samples, R = 2n rows: label branch, then null branch.
import Diagnostics
import Models
import Sampling
import TensorGraph

/// Kind `sampling`: plans of H, P and R blocks, run by the sampler itself.
///
/// Results are named `cfg<scale>/<plan>/<what>`: `x` latents before the first and after
/// each block, `v` the velocity that each block hands on, `img` the decoded picture;
/// `<name>_x` and the like belong to a run that starts from `x0_<name>`.
struct SamplingCheck: FixtureCheck {
  private struct Settings: Decodable {
    let predictor: NetworkSettings
    let refiner: NetworkSettings?
    let decoder: AutoencoderSettings?
    let guidanceScales: [Double]?

    enum CodingKeys: String, CodingKey {
      case predictor, refiner, decoder
      case guidanceScales = "cfg_scales"
    }
  }

  /// One integration, of which several tensors may be stored.
  private struct Run: Hashable {
    let scale: Substring
    let plan: Substring
    /// The tensor it starts from.
    let start: String
  }

  private enum Kept: Substring { case x, v, img }

  private let fixture: Fixture
  private let executor: any Executor
  private let predictor: SiT
  private let refiner: VelocityRefiner?
  private let decoder: AutoencoderKL?
  private let scales: GuidanceScales

  static let bfloat16Tolerance: Double? = 0x1p-5

  static func isInput(_ name: String) -> Bool {
    name == "y" || name == "x0" || name.hasPrefix("x0_")
  }

  init(_ fixture: Fixture, executor: any Executor) throws {
    let settings = try fixture.configuration(Settings.self)
    self.fixture = fixture
    self.executor = executor
    predictor = try SiT(settings.predictor.configuration(isRefiner: false))
    refiner = try settings.refiner.map { try VelocityRefiner($0.configuration(isRefiner: true)) }
    decoder = try settings.decoder.map { try AutoencoderKL($0.configuration()) }
    scales = GuidanceScales(settings.guidanceScales)
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    let weights = try fixture.formula("predictor").weights(predictor.parameters)
    let refinerWeights =
      try refiner.map { try fixture.formula("refiner").weights($0.parameters) } ?? [:]
    var wanted: [Run: [(name: String, kept: Kept)]] = [:]
    for name in names {
      if let (run, kept) = parse(name) { wanted[run, default: []].append((name, kept)) }
    }

    var outputs: [String: ComputedTensor] = [:]
    for (run, results) in wanted {
      guard let scale = scales.value(run.scale) else { continue }
      let guidance = Guidance(
        scale: scale, nullClass: predictor.configuration.nullClass, branches: 2)
      let sampler = try Sampler(
        executor: executor,
        field: VelocityField(predictor: predictor, refiner: refiner, guidance: guidance),
        predictorWeights: weights, refinerWeights: refinerWeights,
        plan: SamplingPlan(String(run.plan)))
      let start = try fixture.input(run.start)
      let labels = try fixture.integers(
        "y", count: start.shape.dimensions.first ?? 0, upTo: predictor.configuration.nullClass)
      var (latents, velocities) = ([start], [HostTensor]())
      let end = try sampler.integrate(from: start, labels: labels) { step in
        latents.append(step.latents.copy())
        velocities.append(step.velocity.copy())
      }
      for (name, kept) in results {
        outputs[name] =
          switch kept {
          case .x: stack(latents)
          case .v: stack(velocities)
          case .img: try decode(end)
          }
      }
    }
    return outputs
  }

  private func parse(_ name: String) -> (Run, Kept)? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].hasPrefix("cfg") else { return nil }
    let leaf = parts[2].split(separator: "_", omittingEmptySubsequences: false)
    guard let last = leaf.last, let kept = Kept(rawValue: last) else { return nil }
    let start = (["x0"] + leaf.dropLast()).joined(separator: "_")
    return (Run(scale: parts[0].dropFirst(3), plan: parts[1], start: start), kept)
  }

  private func stack(_ tensors: [HostTensor]) -> ComputedTensor {
    ComputedTensor(
      shape: [tensors.count] + (tensors.first?.shape.dimensions ?? []),
      values: tensors.flatMap { $0.array().map(Double.init) })
  }

  /// The label branch's half, divided by the scale that latents carry.
  private func decode(_ rows: HostTensor) throws -> ComputedTensor? {
    guard let decoder else {
      throw InputError("\(fixture.path): metadata 'config': 'config.decoder' is missing")
    }
    let graph = Graph()
    let latents = try graph.input("rows", rows.shape).slice(axis: 0, 0..<rows.shape[0] / 2)
    let scale = graph.constant(Float(decoder.configuration.scalingFactor))
    graph.output("image", try decoder.decode(latents / scale))
    let weights = try fixture.formula("vae").weights(decoder.decoderParameters)
    return try executor.compile(graph, variables: weights, frozen: true)
      .run(["rows": rows])["image"].map { ComputedTensor($0) }
  }
}
