// n samples, R = 2n rows: label branch, then null branch.
import Diagnostics
import Models
import Sampling
import TensorGraph

/// Kind `solvers`: solvers of the predictor alone, and the steps of the published code's other
/// integrator.
///
/// Results are named `plain_<what>`, of the label branch alone, `guided_<what>`, or
/// `integrators_<letters>`: `euler` and `heun` all latents, `dopri5_final` the last ones at the
/// configured tolerance, `truth` the same at a tight one.
struct SolversCheck: FixtureCheck {
  private struct Settings: Decodable {
    let model: NetworkSettings
    let scale: Double
    let steps: Int?
    let dopri5: Tolerances?

    struct Tolerances: Decodable { let atol, rtol: Double }

    enum CodingKeys: String, CodingKey {
      case model, dopri5
      case scale = "cfg_scale"
      case steps = "fixed_steps"
    }
  }

  private struct Run {
    let isPlain: Bool
    let plan: SamplingPlan
    var settings = SolverSettings()
    /// All latents, or the last ones.
    var keepsAll = true
  }

  private let fixture: Fixture
  private let executor: any Executor
  private let settings: Settings
  private let predictor: SiT
  private let refiner: VelocityRefiner

  static func isInput(_ name: String) -> Bool { name == "x0" || name == "y" }

  init(_ fixture: Fixture, executor: any Executor) throws {
    self.fixture = fixture
    self.executor = executor
    settings = try fixture.configuration(Settings.self)
    guard (1...SamplingPlan.maximumSteps).contains(settings.steps ?? 1) else {
      throw InvalidField(
        "fixed_steps", expected: "1 to \(SamplingPlan.maximumSteps)",
        found: "\(settings.steps ?? 0)")
    }
    predictor = try SiT(settings.model.configuration())
    // The integrator's refiner is a predictor of one layer that takes a velocity.
    var configuration = predictor.configuration
    (configuration.velocityInput, configuration.depth) = (true, 1)
    refiner = try VelocityRefiner(configuration)
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    let weights = try fixture.formula("model").weights(predictor.parameters)
    let refinerWeights =
      names.contains { $0.hasPrefix("integrators_") }
      ? try fixture.formula("refiner").weights(refiner.parameters) : [:]
    var outputs: [String: ComputedTensor] = [:]
    for name in names {
      guard let run = try parse(name) else { continue }
      let sampler = try Sampler(
        executor: executor,
        field: VelocityField(
          predictor: predictor, refiner: refiner,
          guidance: Guidance(
            scale: run.isPlain ? 1 : settings.scale, nullClass: predictor.configuration.nullClass,
            branches: run.isPlain ? 1 : 2)),
        predictorWeights: weights, refinerWeights: refinerWeights, plan: run.plan,
        variant: .integrator, settings: run.settings)
      let (start, labels) = try inputs(run)
      var latents = [start]
      let end = try sampler.integrate(from: start, labels: labels) {
        latents.append($0.latents.copy())
      }
      outputs[name] =
        run.keepsAll
        ? ComputedTensor(
          shape: [latents.count] + start.shape.dimensions,
          values: latents.flatMap { $0.array().map(Double.init) }) : ComputedTensor(end)
    }
    return outputs
  }

  private func parse(_ name: String) throws -> Run? {
    let parts = name.split(separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    if parts[0] == "integrators" {
      return Run(isPlain: false, plan: try SamplingPlan(String(parts[1])))
    }
    guard parts[0] == "plain" || parts[0] == "guided" else { return nil }
    let isPlain = parts[0] == "plain"
    let steps = settings.steps ?? 1
    switch parts[1] {
    case "euler": return Run(isPlain: isPlain, plan: .solver(.euler, steps: steps))
    case "heun": return Run(isPlain: isPlain, plan: .solver(.heun, steps: steps))
    case "dopri5_final", "truth":
      var run = Run(isPlain: isPlain, plan: .solver(.dopri5, steps: 1))
      run.keepsAll = false
      // torchdiffeq has one norm and one time for a batch.
      run.settings.adaptive.per = .batch
      if parts[1] == "truth" {
        // As tight as float32 latents allow.
        (run.settings.absoluteTolerance, run.settings.relativeTolerance) = (1e-6, 1e-6)
      } else if let tolerances = settings.dopri5 {
        guard tolerances.atol > 0, tolerances.rtol >= 0 else {
          throw InvalidField(
            "dopri5", expected: "tolerances above 0", found: "\(tolerances.atol)")
        }
        run.settings.absoluteTolerance = tolerances.atol
        run.settings.relativeTolerance = tolerances.rtol
      }
      return run
    default: return nil
    }
  }

  /// The stored rows, of a plain run the first half.
  private func inputs(_ run: Run) throws -> (HostTensor, [Int32]) {
    let start = try fixture.input("x0")
    let rows = start.shape.dimensions.first ?? 0
    let labels = try fixture.integers(
      "y", count: rows, upTo: predictor.configuration.nullClass)
    guard run.isPlain else { return (start, labels) }
    let count = rows / 2
    let half = start.shape.elementCount / max(rows, 1) * count
    return (
      HostTensor(
        Array(start.array().prefix(half)),
        shape: Shape([count] + start.shape.dimensions.dropFirst())), Array(labels.prefix(count))
    )
  }
}
