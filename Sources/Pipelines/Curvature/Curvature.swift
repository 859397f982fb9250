import CPUExecutor
import Diagnostics
import Files
import Foundation
import Models
import Sampling
import TensorGraph

/// `flowturbo curvature`: how much the predictions of several networks change along their
/// trajectories from the same noise. `docs/curvature.md` defines every quantity.
public struct Curvature {
  public let configuration: CurvatureConfiguration
  private let observe: PipelineObserver
  private let shouldStop: @Sendable () -> Bool

  /// - Parameter shouldStop: asked before every step and evaluation.
  public init(
    _ configuration: CurvatureConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) {
    self.configuration = configuration
    self.observe = observe
    self.shouldStop = shouldStop
  }

  /// Writes the file once everything is computed: a run that is stopped leaves none.
  /// - Throws: ``Stopped`` where the user asked for it.
  @discardableResult
  public func run() throws -> CurvatureResults {
    let options = configuration.sampling
    let predictors = try load()
    let shape = predictors[0].model.model.configuration
    try options.labels.validate(classes: shape.classes)
    let draws = SampleDraws(
      seed: configuration.seed, labels: options.labels, classes: shape.classes)
    let executor = try CPUExecutor(precision: configuration.precision.resolved())
    var models: [CurvatureResults.Model] = []
    var times: [Float] = []
    for (number, predictor) in predictors.enumerated() {
      let followed = try follow(
        predictor, draws, latentShape: [shape.inChannels, shape.inputSize, shape.inputSize],
        executor, done: number * options.count, total: predictors.count * options.count)
      models.append(followed.model)
      times = followed.times
    }
    let results = CurvatureResults(
      models: models, times: times, labels: draws.labels(0..<options.count))
    AtomicFile.removeLeftoversOfTheDead(of: configuration.output)
    try results.write(
      to: configuration.output, configuration, precision: executor.precision)
    report(results)
    return results
  }

  private typealias NamedPredictor = (name: String, model: LoadedModel<SiT>)

  /// - Throws: `InputError` where none is there, or they are not of the same latents and classes.
  private func load() throws -> [NamedPredictor] {
    var loaded: [NamedPredictor] = []
    for (name, predictor) in configuration.predictors {
      let path = predictor.network.weights
      if predictor.optional, !FileManager.default.fileExists(atPath: path) {
        observe(.warning("predictor '\(name)' is left out: \(path) is not there"))
        continue
      }
      let model = try predictor.network.loadPredictor(observe)
      if let first = loaded.first?.model {
        let (own, other) = (model.model.configuration, first.model.configuration)
        for (what, found, expected) in [
          ("channels", own.inChannels, other.inChannels),
          ("latent side", own.inputSize, other.inputSize), ("classes", own.classes, other.classes),
        ] where found != expected {
          throw InputError(
            model.path, expected: "\(what) \(expected), as in \(first.path)", found: "\(found)",
            remedy: "compare predictors of the same latents")
        }
      }
      loaded.append((name, model))
    }
    guard !loaded.isEmpty else {
      throw InputError(
        "predictors", expected: "weights of at least one", found: "none of the files",
        remedy: "train one with `flowturbo train-predictor`")
    }
    return loaded
  }

  /// Takes all samples along one predictor's trajectories.
  /// - Parameters:
  ///   - done: samples of the predictors before it.
  ///   - total: samples of all predictors.
  private func follow(
    _ predictor: NamedPredictor, _ draws: SampleDraws, latentShape: Shape,
    _ executor: CPUExecutor, done: Int, total: Int
  ) throws -> (model: CurvatureResults.Model, times: [Float]) {
    let options = configuration.sampling
    let field = VelocityField(
      predictor: predictor.model.model, refiner: nil,
      guidance: Guidance(
        scale: options.guidance, channels: options.guidanceChannels, nullClass: draws.classes))
    let sampler = try Sampler(
      executor: executor, field: field, predictorWeights: predictor.model.weights,
      plan: options.plan, settings: options.settings)
    sampler.willRunBlock = { [shouldStop] in
      if shouldStop() { throw Stopped("stopped: repeat the command") }
    }
    var model = CurvatureResults.Model(
      name: predictor.name, objective: predictor.model.model.configuration.objective,
      origin: predictor.model.origin, earliestTime: field.earliestTime)
    var times: [Float] = []
    for batch in SampleBatches(
      indices: 0..<options.count, size: min(options.batch, options.count)
    ).all {
      let trajectory = try sampler.trajectory(
        noise: draws.noise(batch.drawn, shape: latentShape), labels: draws.labels(batch.drawn))
      times = trajectory.times
      if let last = trajectory.latents.last {
        try NonFiniteSample.check(last, from: batch.drawn.lowerBound)
      }
      for row in batch.keptRows { model.add(trajectory, sample: row) }
      observe(
        .progress(
          stage: "curvature", done: done + batch.kept.upperBound, total: total,
          detail: predictor.name))
    }
    return (model, times)
  }

  private func report(_ results: CurvatureResults) {
    let from = results.summaryTime
    func text(_ value: Double) -> String { String(format: "%.4f", value) }
    var rows = [
      ["prediction", "relative change", "cosine", "turning", "deviation"]
    ]
    for prediction in results.predictions {
      let summary = results.summary(prediction)
      rows.append([
        "\(prediction.model.name): \(prediction.form.rawValue)"
          + (prediction.isNative ? ", as trained" : ""),
        text(summary.relativeChange), text(summary.cosine), text(summary.turning),
        text(summary.deviation),
      ])
    }
    observe(
      .table(
        title: "\(results.labels.count) trajectories, \(configuration.sampling.plan), "
          + String(format: "means over samples and steps from t = %.3g", from),
        rows: rows))
    observe(
      .table(
        title: "Paths",
        rows: [["predictor", "straightness", "turning"]]
          + results.models.map { model in
            [
              model.name, text(SampleStatistics(model.shapes.map(\.straightness)).mean),
              text(SampleStatistics(model.shapes.map(\.turning)).mean),
            ]
          }))
    observe(.note("curvature: \(configuration.output)"))
  }
}
