import Configuration
import Diagnostics
import ModelFiles
import Models
import Storage
import TensorGraph
import Training

/// `train-refiner`: a velocity refiner by regression of its teacher's velocity offset.
public struct TrainRefiner {
  public let configuration: TrainRefinerConfiguration
  let observe: PipelineObserver

  public init(_ configuration: TrainRefinerConfiguration, observe: @escaping PipelineObserver) {
    self.configuration = configuration
    self.observe = observe
  }

  /// - Parameter initial: weights to start from instead of fresh ones.
  public func run(resume: Bool, initial: String? = nil) throws -> TrainingOutcome {
    let teacher = try configuration.teacher.loadPredictor(observe)
    guard teacher.model.configuration.objective == .velocity else {
      throw InputError(
        teacher.path, expected: "a predictor of velocities, whose offsets a refiner learns",
        found: "one of noise (objective epsilon)", remedy: "name another teacher.weights")
    }
    let shape = try configuration.refiner.network(for: teacher.model.configuration)
    let model = try VelocityRefiner(shape)
    let folder = try RunFolder(configuration.output)
    let latents = try configuration.data.file(observe)
    try latents.check(fits: teacher.model.configuration, named: "the teacher \(teacher.path)")
    let samples = configuration.training.samples
    let grids = try samples.map {
      try SampleGrids(
        $0, predictor: teacher.model, labels: latents.labels, seed: configuration.seed,
        folder: folder, observe: observe)
    }
    if let samples {
      try latents.description.warn(unlessMadeBy: samples.vae, latents.path, observe)
    }

    var run = try TrainingRun.refiner(
      model, teacher: teacher.model, teacherWeights: teacher.weights, latents: latents,
      options: configuration.training.options, seed: configuration.seed,
      output: configuration.output,
      identity: try RunIdentity(
        configuration, ignoring: RunIdentity.ignoredByFlows,
        inputs: ["latents": latents.inputsHash, "teacher weights": teacher.identity]))
    run.metadata = try ModelMetadata.make(.network(shape), run: configuration)
    run.metadata["latents"] = latents.inputsHash
    run.metadata["teacher"] = teacher.origin.sha256
    run.metadata["teacherWeights"] = teacher.origin.takenName
    run.sampleEvery = samples?.every
    let metadata = run.metadata
    let session = TrainingSession(
      run: run, shape: .network(shape), frozen: teacher.model.parameters, folder: folder,
      seed: configuration.seed,
      precision: configuration.precision,
      configuration: try ResolvedConfiguration(configuration), observe: observe,
      draw: { weights, step in
        try grids?.draw(
          predictorWeights: teacher.weights, refiner: (model, weights), step: step)
      },
      finish: { [observe] weights in
        let path = try WeightFile.ship(weights, as: .refiner, metadata: metadata, in: folder)
        observe(.note("\(path): averaged weights in 16 bits"))
      })
    return try session.train(resume: resume, initial: initial)
  }
}
