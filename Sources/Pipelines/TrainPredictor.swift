import Configuration
import Diagnostics
import ModelFiles
import Models
import Storage
import TensorGraph
import Training

/// `flowturbo train-predictor`: a SiT by flow matching, or by regression of the noise, on latents.
public struct TrainPredictor {
  public let configuration: TrainPredictorConfiguration
  let observe: PipelineObserver

  public init(_ configuration: TrainPredictorConfiguration, observe: @escaping PipelineObserver) {
    self.configuration = configuration
    self.observe = observe
  }

  /// - Parameter initial: weights to start from instead of fresh ones.
  public func run(resume: Bool, initial: String? = nil) throws -> TrainingOutcome {
    let model = try SiT(configuration.model)
    let folder = try RunFolder(configuration.output)
    let latents = try configuration.data.file(observe)
    try latents.check(fits: model.configuration, named: "the configured model")
    let samples = configuration.training.samples
    let grids = try samples.map {
      try SampleGrids(
        $0, predictor: model, labels: latents.labels, seed: configuration.seed, folder: folder,
        observe: observe)
    }
    if let samples {
      try latents.description.warn(unlessMadeBy: samples.vae, latents.path, observe)
    }

    var run = try TrainingRun.predictor(
      model, latents: latents, options: configuration.training.options, seed: configuration.seed,
      output: configuration.output,
      identity: try identity(latents))
    run.metadata = try ModelMetadata.make(
      .network(configuration.model), run: configuration)
    run.metadata["latents"] = latents.inputsHash
    run.sampleEvery = samples?.every
    let metadata = run.metadata
    let session = TrainingSession(
      run: run, shape: .network(configuration.model), folder: folder, seed: configuration.seed,
      precision: configuration.precision,
      configuration: try ResolvedConfiguration(configuration), observe: observe,
      draw: { weights, step in
        try grids?.draw(predictorWeights: weights, refiner: nil, step: step)
      },
      finish: { [observe] weights in
        let path = try WeightFile.ship(weights, as: .predictor, metadata: metadata, in: folder)
        observe(.note("\(path): averaged weights in 16 bits"))
      })
    return try session.train(resume: resume, initial: initial)
  }

  private func identity(_ latents: LatentsFile) throws -> RunIdentity {
    var identity = try RunIdentity(
      configuration, ignoring: RunIdentity.ignoredByFlows,
      inputs: ["latents": latents.inputsHash])
    // Runs of 0.1.0, all of velocities, do not say.
    if configuration.model.objective == .velocity {
      identity.settings["model.objective"] = nil
    }
    return identity
  }
}

extension RunIdentity {
  /// Keys of a predictor's or refiner's configuration that its weights do not depend on;
  /// data and weights count by their hashes.
  public static let ignoredByFlows = [
    "output", "data", "teacher", "precision", "training.checkpoint", "training.logEvery",
    "training.samples",
    "training.heldOut.every",
  ]
}

extension LatentsFile {
  /// - Parameter name: where the model's shape stands, for messages.
  /// - Throws: `InputError` where the latents are not what the model takes.
  func check(fits model: SiTConfiguration, named name: String) throws {
    let found = sampleShape
    let expected: Shape = [model.inChannels, model.inputSize, model.inputSize]
    guard found == expected else {
      throw InputError(
        path, expected: "latents of shape \(expected), as \(name) takes", found: "\(found)",
        remedy:
          "fit the model's inChannels and inputSize or encode with another size or autoencoder")
    }
    let highest = Int(labels.max() ?? 0)
    guard highest < model.classes else {
      throw InputError(
        path, expected: "labels below \(model.classes), the classes of \(name)",
        found: "label \(highest) ('\(description.classNames[highest])')",
        remedy: "the model needs at least \(highest + 1) classes")
    }
  }
}
