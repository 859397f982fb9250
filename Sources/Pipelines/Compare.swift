import CPUExecutor
import Configuration
import Diagnostics
import Files
import Foundation
import Imaging
import Models
import Sampling
import TensorGraph

/// `flowturbo compare`: the same noise through several plans, and how far each ends from
/// a fine solution.
public struct Compare {
  public let configuration: CompareConfiguration
  private let observe: PipelineObserver
  private let shouldStop: @Sendable () -> Bool

  public init(
    _ configuration: CompareConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) {
    self.configuration = configuration
    self.observe = observe
    self.shouldStop = shouldStop
  }

  /// A plan, by the name of its own settings if it has any, with one of the refiners or with none.
  private struct Contestant {
    let plan: SamplingPlan
    let variant: String?
    let family: String
    let refiner: String?
    let sampler: Sampler
    var seconds: [Double] = []
    var latents: [HostTensor?]

    var name: String {
      plan.description + (variant.map { " \($0)" } ?? "")
        + (refiner.map { " with refiner \($0)" } ?? "")
    }
  }

  @discardableResult
  public func run() throws -> PlanComparison {
    let options = configuration.sampling
    let models = try SamplingModels(
      predictor: configuration.predictor, vae: configuration.vae, observe: observe)
    let refiners = try loadRefiners(models)
    let classes = try rows(of: models.classes)
    let evaluation = try configuration.evaluation.map {
      try PlanEvaluation(
        $0, precision: configuration.precision, observe: observe, shouldStop: shouldStop)
    }
    let output = configuration.output
    let lock = try RunLock(directory: output)
    defer { lock.release() }
    AtomicFile.removeLeftovers(in: output)
    PlanComparison.removePictures(in: output)
    try AtomicFile.write(
      ResolvedConfiguration(configuration).yaml, to: "\(output)/configuration.yaml")

    let executor = try CPUExecutor(precision: configuration.precision.resolved())
    let count = classes.count * options.perClass
    let batches = Array(
      SampleBatches(indices: 0..<count, size: min(options.batch, count)).all)
    func sampler(
      _ plan: SamplingPlan, _ refiner: LoadedModel<VelocityRefiner>?, _ settings: SolverSettings
    ) throws -> Sampler {
      try models.sampler(
        plan, refiner: refiner, guidance: options.guidance, channels: options.guidanceChannels,
        variant: options.refinerVariant, settings: settings, executor: executor)
    }
    let plans =
      options.plans.map { (plan: $0, variant: String?.none, settings: options.solver) }
      + options.variants.map { ($1.plan, $0, $1.settings(over: options.solver)) }
    var contestants: [Contestant] = []
    for (plan, variant, settings) in plans {
      let family = PlanComparison.Result.family(
        plan, variant: variant, settings, of: options.solver)
      let pairs = plan.usesRefiner ? refiners.map { ($0.name, $0.model) } : [(nil, nil)]
      for (name, refiner) in pairs as [(String?, LoadedModel<VelocityRefiner>?)] {
        contestants.append(
          Contestant(
            plan: plan, variant: variant, family: family, refiner: name,
            sampler: try sampler(plan, refiner, settings),
            latents: Array(repeating: nil, count: batches.count)))
      }
    }

    let draws = SampleDraws(
      seed: configuration.seed, labels: .classes(classes), classes: models.classes)
    func sample(
      _ sampler: Sampler, _ batch: SampleBatches.Batch, observer: Sampler.Observer? = nil
    ) throws -> HostTensor {
      let latents = try sampler.sample(
        noise: draws.noise(batch.drawn, shape: models.latentShape),
        labels: draws.labels(batch.drawn), diffusion: draws.diffusion(batch.drawn)
      ) { step in
        if shouldStop() { throw Stopped("stopped: repeat the command") }
        try observer?(step)
      }
      try NonFiniteSample.check(latents, from: batch.drawn.lowerBound)
      return latents
    }
    try race(&contestants, batches) { try sample($0, $1) }

    let reference = try sampler(options.reference, nil, options.solver)
    let total = batches.count * options.reference.steps
    let solution = try batches.enumerated().map { number, batch in
      try sample(reference, batch) { [observe] step in
        observe(
          .progress(
            stage: "reference", done: number * step.count + step.index + 1, total: total,
            detail: "steps of \(options.reference)"))
      }
    }

    try lock.check()
    let decoder = try models.decoder(executor)
    let gallery = Gallery(
      folder: output, decoder: decoder, batches: batches, classes: classes.count)
    var results = try contestants.map { contestant in
      let latents = contestant.latents.compactMap { $0 }
      let (sampler, samples) = (contestant.sampler, Double(contestant.sampler.samples))
      let evaluations = sampler.sampleEvaluations
      let tried = sampler.steps.accepted + sampler.steps.rejected
      return PlanComparison.Result(
        plan: contestant.plan.description, variant: contestant.variant,
        family: contestant.family, refiner: contestant.refiner,
        predictorEvaluations: Double(evaluations.predictor) / samples,
        refinerEvaluations: Double(evaluations.refiner) / samples,
        paddingEvaluations: contestant.plan.isAdaptive
          ? Double(sampler.paddingEvaluations) / samples : nil,
        rejectedSteps: tried > 0 ? Double(sampler.steps.rejected) / samples : nil,
        millisecondsPerImage: median(contestant.seconds) * 1000 / Double(batches[0].drawn.count),
        latentRMSE: rootMeanSquare(latents, solution, batches),
        grid: try gallery.write(
          latents, contestant.plan, variant: contestant.variant, refiner: contestant.refiner))
    }
    let account = try evaluation.map { evaluation in
      try evaluate(contestants, by: evaluation, draws, &results) { contestant, batch in
        try decoder(
          sample(contestant.sampler, batch), rows: batch.keptRows, from: batch.drawn.lowerBound)
      }
    }
    let comparison = PlanComparison(
      precision: executor.precision.rawValue,
      configuration: try ResolvedConfiguration(configuration).yaml,
      weights: weights(models, refiners), results: results,
      referenceGrid: try gallery.write(solution, options.reference),
      decodingMillisecondsPerImage: gallery.seconds * 1000 / Double(gallery.decoded),
      images: count, batch: batches[0].drawn.count, threads: CPUExecutor.threads,
      evaluation: account)
    try comparison.write(to: output)
    try ComparisonTable(
      comparison: comparison, reference: options.reference.description, legend: try legend()
    ).write(to: output)
    report(comparison, metrics: evaluation?.titles ?? [])
    return comparison
  }

  /// The settings of each variant, on a line.
  private func legend() throws -> [(name: String, settings: String)] {
    try configuration.sampling.variants.map { name, variant in
      var section = ""
      var settings: [String] = []
      for line in try ResolvedConfiguration(variant).yaml.split(separator: "\n") {
        let text = line.trimmingCharacters(in: .whitespaces)
        if !line.hasPrefix(" ") { section = "" }
        if text.hasSuffix(":") { section = text.dropLast() + "." }
        if !text.hasSuffix(":"), !text.hasSuffix(" null") { settings.append(section + text) }
      }
      return (name, settings.joined(separator: ", "))
    }
  }

  /// Runs and times every contestant on every batch, taking turns, so that whatever else
  /// the machine does hits all alike. A first batch, which compiles, is not timed. What a run
  /// over all classes would not have kept from earlier batches is computed each time.
  private func race(
    _ contestants: inout [Contestant], _ batches: [SampleBatches.Batch],
    sample: (Sampler, SampleBatches.Batch) throws -> HostTensor
  ) throws {
    let rounds = max(configuration.sampling.rounds, batches.count)
    let total = (rounds + 1) * contestants.count
    for round in -1..<rounds {
      let number = max(round, 0) % batches.count
      for index in contestants.indices {
        contestants[index].sampler.forgetClasses()
        let start = ContinuousClock.now
        let latents = try sample(contestants[index].sampler, batches[number])
        if round >= 0 {
          contestants[index].seconds.append((ContinuousClock.now - start).seconds)
          contestants[index].latents[number] = latents
        }
        observe(
          .progress(
            stage: "compare", done: (round + 1) * contestants.count + index + 1, total: total,
            detail: "batches"))
      }
    }
  }

  /// Draws more samples of each contestant and adds their metrics to its result.
  private func evaluate(
    _ contestants: [Contestant], by evaluation: PlanEvaluation,
    _ draws: SampleDraws, _ results: inout [PlanComparison.Result],
    images: (Contestant, SampleBatches.Batch) throws -> [RGBImage]
  ) throws -> PlanComparison.Evaluation {
    let count = evaluation.count
    let batches = SampleBatches(indices: 0..<count, size: min(configuration.sampling.batch, count))
    var reports: [EvaluationReport] = []
    for (number, contestant) in contestants.enumerated() {
      let samples = try batches.all.flatMap { batch in
        defer {
          observe(
            .progress(
              stage: "evaluate", done: number * count + batch.kept.upperBound,
              total: contestants.count * count, detail: "samples"))
        }
        return try images(contestant, batch)
      }
      let report = try evaluation.report(
        samples, labels: draws.labels(0..<count), of: contestant.name)
      results[number].metrics = Dictionary(
        uniqueKeysWithValues: report.results.map { ($0.name, $0.value) })
      results[number].standardErrors = Dictionary(
        uniqueKeysWithValues: report.results.compactMap { result in
          result.standardError.map { (result.name, $0) }
        })
      reports.append(report)
    }
    var warnings: [String] = []
    for warning in reports.flatMap(\.warnings) where !warnings.contains(warning) {
      warnings.append(warning)
    }
    return .init(
      count: count, extractor: reports.first?.extractor, reference: reports.first?.reference,
      warnings: warnings)
  }

  /// The classes of a grid's rows.
  private func rows(of classes: Int) throws -> [Int] {
    let options = configuration.sampling
    try options.labels.validate(classes: classes)
    let rows = if case .classes(let list) = options.labels { list } else { Array(0..<classes) }
    guard rows.count <= ComparisonOptions.maximumClasses else {
      throw InputError(
        "sampling.labels", expected: "at most \(ComparisonOptions.maximumClasses) classes",
        found: "\(rows.count)", remedy: "list some, as in --set sampling.labels=0-9")
    }
    return rows
  }

  private typealias NamedRefiner = (name: String, model: LoadedModel<VelocityRefiner>)

  private func loadRefiners(_ models: SamplingModels) throws -> [NamedRefiner] {
    let options = configuration.sampling
    let plans = options.plans + options.variants.map(\.value.plan)
    guard plans.contains(where: \.usesRefiner) else { return [] }
    var loaded: [NamedRefiner] = []
    for (name, refiner) in configuration.refiners {
      let path = refiner.network.weights
      if refiner.optional, !FileManager.default.fileExists(atPath: path) {
        observe(.warning("refiner '\(name)' is left out: \(path) is not there"))
      } else {
        loaded.append((name, try models.loadRefiner(refiner.network)))
      }
    }
    guard !loaded.isEmpty else {
      throw InputError(
        "refiners", expected: "weights of at least one", found: "none of the files",
        remedy: "train one with `train-refiner` or compare plans without R")
    }
    return loaded
  }

  private func weights(_ models: SamplingModels, _ refiners: [NamedRefiner])
    -> [String: SampleManifest.Weights]
  {
    var weights = [
      "predictor": SampleManifest.Weights(models.predictor),
      "vae": SampleManifest.Weights(models.vae),
    ]
    for refiner in refiners {
      weights["refiner \(refiner.name)"] = SampleManifest.Weights(refiner.model)
    }
    return weights
  }

  private func report(_ comparison: PlanComparison, metrics: [String]) {
    let options = configuration.sampling
    var rows = [
      [
        "plan", "refiner", "predictor evals", "refiner evals", "ms per image", "latent RMSE",
      ] + metrics
    ]
    for result in comparison.results {
      rows.append(
        [
          result.plan + (result.variant.map { " \($0)" } ?? ""), result.refiner ?? "none",
          String(format: "%.4g", result.predictorEvaluations),
          String(format: "%.4g", result.refinerEvaluations),
          String(format: "%.1f", result.millisecondsPerImage),
          String(format: "%.4f", result.latentRMSE),
        ]
          + metrics.map { name in
            guard let value = result.metrics?[name] else { return "" }
            let text = String(format: "%.3f", value)
            return text
              + (result.standardErrors?[name].map { String(format: " ± %.3f", $0) } ?? "")
          })
    }
    observe(
      .table(
        title: "\(comparison.images) images from the same noise, guidance \(options.guidance); "
          + "RMSE against \(options.reference)", rows: rows))
    observe(
      .note(
        String(
          format: "Medians of %d batches of %d, without decoding, which takes %.1f ms per image.",
          max(options.rounds, (comparison.images - 1) / comparison.batch + 1), comparison.batch,
          comparison.decodingMillisecondsPerImage)))
    if let evaluation = comparison.evaluation {
      observe(
        .note(
          "Metrics of \(evaluation.count) samples of each plan against "
            + "\(evaluation.reference?.count ?? 0) images of \(evaluation.reference?.path ?? "")"
            + (comparison.hasErrors ? "; ± is the standard error over resampled samples." : ".")))
      for warning in evaluation.warnings { observe(.warning(warning)) }
    }
    for grid in comparison.results.map(\.grid) + [comparison.referenceGrid] {
      observe(.note("grid: \(configuration.output)/\(grid)"))
    }
    observe(.note("comparison: \(configuration.output)/\(PlanComparison.fileName)"))
    observe(
      .note(
        "at equal evaluations and time: \(configuration.output)/\(ComparisonTable.markdownName)"))
  }
}

private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// √ of the mean over all kept samples' elements of (x − y)².
private func rootMeanSquare(
  _ x: [HostTensor], _ y: [HostTensor], _ batches: [SampleBatches.Batch]
) -> Double {
  var sum = 0.0
  var count = 0
  for (batch, (x, y)) in zip(batches, zip(x, y)) {
    let length = x.shape.elementCount / batch.drawn.count
    let rows = batch.keptRows
    let place = rows.lowerBound * length..<rows.upperBound * length
    sum += withExtendedLifetime((x, y)) {
      LatentDistances.squares(x.floats[place], y.floats[place])
    }
    count += place.count
  }
  return (sum / Double(count)).squareRoot()
}
