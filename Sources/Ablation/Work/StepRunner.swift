import Sampling
import CPUExecutor
import Diagnostics
import Foundation
import Pipelines
import Training

/// Runs one step by the pipeline that does such work, going on where an earlier run ended.
struct StepRunner {
  let folder: SweepFolder
  let observe: PipelineObserver
  let shouldStop: @Sendable () -> Bool

  /// - Throws: `Stopped` where the user asked for it; any other error is the step's own.
  func run(_ step: Step) throws -> StepRecord {
    var record = StepRecord(
      kind: step.kind, hash: step.hash, title: step.title, status: .done, settings: step.settings,
      seconds: 0, threads: CPUExecutor.threads, host: ProcessPlace.current.host,
      commit: SourceCommit.current)
    let start = ContinuousClock.now
    switch step.work {
    case .images(let options):
      try RenderDataset(
        options, classes: nil, workers: nil, output: folder.images(step.hash), observe: quiet
      ).run()
    case .latents(let options):
      try Encode(options, path: folder.latents(step.hash), observe: quiet).run()
    case .autoencoder(let configuration, let initial):
      let training = TrainVAE(configuration, observe: quiet)
      record.multiplyAdds = try training.work().multiplyAdds
      try finish(try training.run(resume: true, initial: initial))
    case .refiner(let configuration):
      let training = TrainRefiner(configuration, observe: quiet)
      record.multiplyAdds = try training.work().estimate.multiplyAdds
      try finish(try training.run(resume: true))
    case .sample(let configuration):
      record.multiplyAdds = try sample(configuration)
      record.evaluations = configuration.sampling.plan.evaluations(
        refinerVariant: configuration.sampling.refinerVariant
      ).map { .init(predictor: Double($0.predictor), refiner: Double($0.refiner)) }
    case .agreement(let configuration, let solution):
      record.multiplyAdds = try sample(configuration)
      record.latentDistances = try LatentDistances(configuration.output, from: solution).values
      try FileManager.default.removeItem(atPath: configuration.output)
    case .reference(let configuration):
      try Evaluate(configuration, observe: quiet, shouldStop: shouldStop).prepareReference()
    case .evaluation(let configuration):
      let report = try Evaluate(configuration, observe: quiet, shouldStop: shouldStop).run()
      record.metrics = report.results.filter { $0.label == nil }.map {
        .init(
          name: $0.name, value: $0.value, lower: $0.lower, upper: $0.upper, method: $0.method)
      }
      record.warnings = report.warnings
    case .timing(let cells, let options):
      let timings = try StudyTiming(
        cells: cells, options: options, observe: quiet, shouldStop: shouldStop
      ).run()
      record.timings = timings
      // The others' times count; to try again takes all of them anew, as they take turns.
      if let lost = timings.first(where: { $0.error != nil }) {
        (record.status, record.error) = (.failed, "\(lost.cell): \(lost.error ?? "")")
      }
    }
    record.seconds = (ContinuousClock.now - start) / .seconds(1)
    return record
  }

  func failure(_ step: Step, _ error: any Error) -> StepRecord {
    let line = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
    return StepRecord(
      kind: step.kind, hash: step.hash, title: step.title, status: .failed,
      error: line.withoutControlCharacters, settings: step.settings, seconds: 0,
      threads: CPUExecutor.threads, host: ProcessPlace.current.host,
      commit: SourceCommit.current)
  }

  /// Returns the multiply–adds.
  private func sample(_ configuration: SampleConfiguration) throws -> Double {
    let sample = Sample(configuration, observe: quiet, shouldStop: shouldStop)
    let work = try sample.work(refinerNetwork: nil)
    try startOver(configuration)
    try sample.run(resume: true)
    return work.multiplyAdds
  }

  /// Samples that other code has begun have other bytes: they are not gone on with.
  private func startOver(_ configuration: SampleConfiguration) throws {
    guard let begun = try SampleManifest.read(in: configuration.output),
      begun.codeVersion != Toolkit.version || begun.oneDNN != SampleManifest.libraryVersion
    else { return }
    do {
      try FileManager.default.removeItem(atPath: configuration.output)
    } catch {
      throw InputError("\(configuration.output): cannot be removed: \(error.localizedDescription)")
    }
  }

  private func finish(_ outcome: TrainingOutcome) throws {
    if case .stopped(let step) = outcome {
      throw Stopped("stopped after step \(step): repeat the command with --resume")
    }
  }

  /// Stages that may take minutes.
  private static let shown = ["render", "encode", "train", "sample", "time"]

  /// What a pipeline tells of one run would drown what the sweep tells of many.
  private var quiet: PipelineObserver {
    { [observe] event in
      if case .progress(let stage, _, _, _) = event, Self.shown.contains(stage) { observe(event) }
    }
  }
}
