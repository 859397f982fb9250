import CPUExecutor
import Configuration
import Diagnostics
import Files
import Foundation
import Models
import Sampling
import Storage
import TensorGraph
import Training

/// `flowturbo likelihood`: how likely a predictor finds latents, in bits per dimension.
public struct Likelihood {
  public let configuration: LikelihoodConfiguration
  let observe: PipelineObserver
  private let shouldStop: @Sendable () -> Bool

  var settings: LikelihoodSettings { configuration.likelihood }

  /// - Parameter shouldStop: asked between the steps of the solver.
  public init(
    _ configuration: LikelihoodConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) {
    self.configuration = configuration
    self.observe = observe
    self.shouldStop = shouldStop
  }

  /// - Parameter resume: keeps the whole batches that an earlier run has left; without it they
  ///   are computed again, with the same numbers.
  /// - Throws: ``Stopped`` where the user asked for it.
  @discardableResult
  public func run(resume: Bool) throws -> LikelihoodReport { try results(resume: resume).report }

  /// The report and the rows that it is of; none where the run was complete already.
  func results(resume: Bool) throws -> (report: LikelihoodReport, rows: [LikelihoodRow]) {
    let predictor = try configuration.predictor.loadPredictor(observe)
    let file = try configuration.data.file(observe)
    try file.check(fits: predictor.model.configuration, named: predictor.path)
    guard file.description.scalingFactor > 0 else {
      throw InputError(
        "\(file.path): scaling_factor", expected: "a positive number",
        found: "\(file.description.scalingFactor)")
    }
    let classes = predictor.model.configuration.classes
    let jobs = try LikelihoodJobs(
      settings, labels: file.labels, classes: classes, path: file.path)
    let executor = try CPUExecutor(precision: configuration.precision.resolved())
    let estimator = try estimator(predictor, executor)
    let work = try estimator.work(labels: jobs.drawn(0).map(\.condition))
    try checkMemory(
      memory(predictor.model, work, jobs, executor.precision).total, to: observe)

    let output = configuration.output
    try AtomicFile.makeDirectory(output)
    let lock = try RunLock(directory: output)
    defer { lock.release() }
    AtomicFile.removeLeftovers(in: output)
    var report = try report(predictor, file, jobs, executor.precision)
    let reportPath = "\(output)/\(LikelihoodReport.fileName)"
    if let earlier = try LikelihoodReport.read(in: output) {
      try RunIdentity(earlier.identity).check(
        RunIdentity(report.identity), path: reportPath)
      if resume, earlier.complete {
        LikelihoodParts(folder: "\(output)/parts").remove()
        observe(.note("\(output): complete already, \(earlier.count) samples"))
        return (earlier, [])
      }
    }
    let parts = LikelihoodParts(folder: "\(output)/parts")
    if !resume { parts.remove() }
    try AtomicFile.makeDirectory(parts.folder)
    AtomicFile.removeLeftovers(in: parts.folder)
    try AtomicFile.write(try report.json(), to: reportPath)
    try AtomicFile.write(report.configuration, to: "\(output)/configuration.yaml")

    let rows = try compute(estimator, file, jobs, parts, lock, resume: resume)
    try lock.check()
    report.summarise(rows, classes: settings.classes)
    report.complete = true
    try report.writeTable(
      rows, sources: rows.map { try file.sourcePath(index: $0.index) },
      to: "\(output)/\(LikelihoodReport.tableName)")
    try AtomicFile.write(try report.json(), to: reportPath)
    parts.remove()
    report.tell(observe)
    observe(.note("likelihoods: \(reportPath), \(output)/\(LikelihoodReport.tableName)"))
    return (report, rows)
  }

  func estimator(_ predictor: LoadedModel<SiT>, _ executor: any Executor) throws
    -> LikelihoodEstimator
  {
    let model = predictor.model.configuration
    return try LikelihoodEstimator(
      executor: executor,
      field: VelocityField(
        predictor: predictor.model, refiner: nil,
        guidance: Guidance(
          scale: settings.guidance, channels: settings.guidanceChannels,
          nullClass: model.classes)),
      weights: predictor.weights,
      latentShape: [model.inChannels, model.inputSize, model.inputSize],
      options: settings.options)
  }

  private func compute(
    _ estimator: LikelihoodEstimator, _ file: LatentsFile, _ jobs: LikelihoodJobs,
    _ parts: LikelihoodParts, _ lock: RunLock, resume: Bool
  ) throws -> [LikelihoodRow] {
    let latents = PosteriorLatents(
      file: file, choice: settings.latents, seed: configuration.seed)
    let probes = ProbeDraws(seed: configuration.seed)
    let start = ContinuousClock.now
    var (rows, computed): ([LikelihoodRow], Int) = ([], 0)
    func stopped() -> Stopped {
      Stopped(
        "stopped after \(rows.count) of \(jobs.all.count) likelihoods: repeat the command with "
          + "--resume")
    }
    estimator.willRunStep = { [shouldStop] in if shouldStop() { throw Abandoned() } }
    for number in 0..<jobs.batches {
      let kept = jobs.kept(number)
      if resume, let known = parts.read(number, jobs: kept) {
        rows += known
        continue
      }
      guard !shouldStop() else { throw stopped() }
      let drawn = jobs.drawn(number)
      let before = estimator.evaluations
      let found: [LatentLikelihood]
      do {
        found = try Profile.phase("likelihood of a batch") {
          try estimator(
            latents(drawn.map(\.index)), labels: drawn.map(\.condition), probes: probes,
            indices: drawn.map(\.index))
        }
      } catch is Abandoned {
        throw stopped()
      }
      let evaluations = Double(estimator.evaluations - before) / Double(drawn.count)
      let batch = try zip(kept, found).map { job, likelihood in
        try LikelihoodRow(
          job, label: file.labels[job.index], likelihood, entropy: latents.entropy(job.index),
          evaluations: evaluations)
      }
      try lock.check()
      try parts.write(batch, number: number)
      rows += batch
      computed += batch.count
      let perSecond = Double(computed) / (ContinuousClock.now - start).seconds
      let left = Duration.seconds(Double(jobs.all.count - rows.count) / perSecond)
      observe(
        .progress(
          stage: "likelihood", done: rows.count, total: jobs.all.count,
          detail: String(
            format: "%.2f latents/s, %@ left", perSecond,
            left.formatted(.time(pattern: .hourMinuteSecond)))))
    }
    if computed < rows.count {
      observe(.note("\(rows.count - computed) of \(rows.count) likelihoods were there already"))
    }
    return rows
  }

  /// A batch was given up half-way.
  private struct Abandoned: Error {}

  private func report(
    _ predictor: LoadedModel<SiT>, _ file: LatentsFile, _ jobs: LikelihoodJobs,
    _ precision: Precision
  ) throws -> LikelihoodReport {
    var identity = try RunIdentity(
      configuration, ignoring: ["output", "precision", "predictor", "data"],
      inputs: ["predictor (SHA-256)": predictor.identity, "latents": file.inputsHash])
    identity.settings["likelihood.batch"] = "\(jobs.batch)"
    identity.settings["code version"] = Toolkit.version
    identity.settings["oneDNN"] = SampleManifest.libraryVersion
    identity.settings["predictor"] = try ResolvedConfiguration(predictor.model.configuration)
      .yaml.split(separator: "\n").joined(separator: ", ")
    identity.add(precision)
    let description = file.description
    return LikelihoodReport(
      precision: precision.rawValue, seed: configuration.seed,
      predictor: SampleManifest.Weights(predictor),
      latents: .init(
        path: file.path, inputsHash: file.inputsHash, vae: description.vaeHash,
        scale: description.scalingFactor,
        shape: [description.channels, description.height, description.width],
        taken: settings.latents.rawValue),
      count: settings.count ?? file.count, dimensions: file.latentCount,
      plan: settings.solver.plan.description,
      times: settings.solver.solver.times.description, trace: settings.trace.rawValue,
      probes: settings.trace == .exact ? file.latentCount : settings.probes,
      guidance: settings.guidance, warnings: warnings(precision),
      configuration: try ResolvedConfiguration(configuration).yaml,
      identity: identity.settings)
  }

  private func warnings(_ precision: Precision) -> [String] {
    var warnings: [String] = []
    if settings.guidance != 1 {
      warnings.append(
        "guidance \(settings.guidance): the density of the guided flow, not the model's")
    }
    if settings.latents == .mean {
      warnings.append(
        "latents: mean: not comparable with samples of the posterior, which the model was "
          + "trained on")
    }
    return warnings
  }
}
