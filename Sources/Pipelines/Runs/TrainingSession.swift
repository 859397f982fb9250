import CPUExecutor
import Checkpoints
import Configuration
import Diagnostics
import Files
import ModelFiles
import Models
import TensorGraph
import Training

/// What all trainings share: the folder, the log, fresh, given or resumed weights, and the
/// moments at which pictures are drawn and results written.
struct TrainingSession {
  typealias Weights = [String: HostTensor]

  let run: TrainingRun
  /// The model that is trained.
  let shape: ModelShape
  /// Parameters of networks that are not trained.
  var frozen: [Parameter] = []
  let folder: RunFolder
  let seed: UInt64
  let precision: PrecisionChoice
  let configuration: ResolvedConfiguration
  let observe: PipelineObserver
  /// Draws pictures with the averaged weights.
  let draw: (_ weights: Weights, _ step: Int) throws -> Void
  /// Writes what only a finished run has, from the averaged weights.
  let finish: (_ weights: Weights) throws -> Void

  /// - Parameter initial: a file of weights to start from instead of fresh ones.
  func train(resume: Bool, initial: String?) throws -> TrainingOutcome {
    var run = run
    let precision = try precision.resolved()
    run.identity.add(precision)
    try checkMemory(
      TrainingEstimate(
        parameters: run.parameters, loss: run.loss, options: run.options, precision: precision,
        frozen: frozen
      ).memory(), to: observe)
    var start = Trainer.Start.fresh(seed: seed)
    if let initial {
      let (weights, origin) = try ModelFile(path: initial).read(shape)
      observe(.note("initial weights: \(origin.summary)"))
      run.identity.settings["initial weights"] = origin.identity
      start = .weights(weights)
    }
    let reporter = TrainingReporter(folder, options: run.options, observe: observe)
    // The trainer exists only once its first events have been handled.
    var trainer: Trainer?
    // It holds the closure that holds it.
    defer { trainer = nil }
    trainer = try Trainer(
      run, start: start, resume: resume, executor: CPUExecutor(precision: precision)
    ) { event in
      try reporter.handle(event)
      if case .sampleMoment(let step) = event, let trainer {
        try Profile.phase("draw samples") { try draw(trainer.state.weights(.ema), step) }
      }
    }
    guard let trainer else { return .finished }
    // A run killed before its first state starts again.
    if trainer.state.step == 0 { try folder.log.truncate(afterStep: 0) }
    try folder.store(configuration)
    let outcome = try trainer.train { StopRequest.isSet }
    if outcome == .finished { try finish(trainer.state.weights(.ema)) }
    try folder.check()
    return outcome
  }
}

extension WeightFile {
  /// Writes averaged weights in 16 bits, as they are shipped.
  /// - Returns: the file's path.
  static func ship(
    _ weights: [String: HostTensor], as kind: ModelKind, metadata: [String: String],
    in folder: RunFolder
  ) throws -> String {
    let path = "\(folder.path)/\(kind.fileName)"
    let metadata = metadata.merging(["weights": WeightSet.ema.rawValue]) { _, new in new }
    try write(weights, metadata: metadata, as: .float16, to: path)
    return path
  }
}

extension ModelKind {
  fileprivate var fileName: String {
    switch self {
    case .autoencoder: "vae.safetensors"
    case .predictor: "predictor.safetensors"
    case .refiner: "refiner.safetensors"
    case .inception: "inception.safetensors"
    case .features: "features.safetensors"
    }
  }
}
