import Diagnostics
import Models
import TensorGraph

/// The four trainings of the toolkit: data split, batches, loss and held-out
/// measurement that belong together. Callers add metadata and sample grids.
extension TrainingRun {
  /// A predictor by regression of what its configuration says: velocities, as in flow matching,
  /// or noise.
  public static func predictor(
    _ model: SiT, latents: any LatentSource, options: PredictorTrainingOptions, seed: UInt64,
    output: String, identity: RunIdentity
  ) throws -> TrainingRun {
    let draws = FlowDraws(options, classes: model.configuration.classes)
    return try flow(
      model.parameters, predictionLoss(model), model: model, latents: latents, draws: draws,
      options: options.common, seed: seed, output: output, identity: identity)
  }

  /// A velocity refiner by regression of its teacher's velocity offset.
  /// - Parameter teacherWeights: by path, shared and not changed.
  public static func refiner(
    _ model: VelocityRefiner, teacher: SiT, teacherWeights: [String: HostTensor],
    latents: any LatentSource, options: RefinerTrainingOptions, seed: UInt64, output: String,
    identity: RunIdentity
  ) throws -> TrainingRun {
    try options.offset.validate()
    guard teacher.configuration.objective == .velocity else {
      throw InputError(
        "teacher", expected: "a predictor of velocities, whose offsets a refiner learns",
        found: "one of noise (objective epsilon)")
    }
    let draws = FlowDraws(options, classes: teacher.configuration.classes)
    var run = try flow(
      model.parameters, VelocityOffsetLoss(teacher: teacher, refiner: model), model: teacher,
      latents: latents, draws: draws, options: options.common, seed: seed, output: output,
      identity: identity)
    run.frozen = VelocityOffsetLoss.teacherVariables(teacherWeights)
    return run
  }

  /// An autoencoder, or its decoder alone.
  public static func autoencoder(
    _ model: AutoencoderKL, images: ImageSource, options: AutoencoderTrainingOptions,
    seed: UInt64, output: String, identity: RunIdentity
  ) throws -> TrainingRun {
    let factor = model.configuration.downsampling
    guard images.side > 0, images.side.isMultiple(of: factor) else {
      throw InputError(
        "images", expected: "sides that are multiples of \(factor), as the autoencoder halves them",
        found: "\(images.side)")
    }
    let split = try DataSplit(
      count: images.count, heldOut: options.common.heldOut.count, seed: seed)
    var run = TrainingRun(
      parameters: options.decoderOnly ? AutoencoderLoss.decoderOnly(model) : model.parameters,
      loss: AutoencoderLoss(
        model, side: images.side, klWeight: options.decoderOnly ? 0 : options.klWeight),
      batches: try ImageBatches(images, training: split.training, seed: seed),
      options: options.common, output: output, identity: identity)
    run.heldOut = HeldOutImages(images, heldOut: split.heldOut, seed: seed)
    return run
  }

  /// A feature network by classification.
  ///
  /// - Parameters:
  ///   - images: with labels.
  ///   - usable: the images to take, as places in `images`; nil takes all.
  public static func features(
    _ model: FeatureNetwork, images: ImageSource, usable: [Int]? = nil,
    options: ClassificationTrainingOptions, seed: UInt64, output: String, identity: RunIdentity
  ) throws -> TrainingRun {
    let side = model.configuration.imageSize
    guard images.side == side else {
      throw InputError(
        "images", expected: "sides of \(side), as the model takes", found: "\(images.side)")
    }
    try images.checkLabels(classes: model.configuration.classes)
    let places = usable ?? Array(0..<images.count)
    let split = try DataSplit(
      count: places.count, heldOut: options.common.heldOut.count, seed: seed)
    var run = TrainingRun(
      parameters: model.parameters,
      loss: ClassificationLoss(model, layoutWeight: options.layoutWeight),
      batches: try ImageBatches(images, training: split.training.map { places[$0] }, seed: seed),
      options: options.common, output: output, identity: identity)
    run.heldOut = HeldOutImages(images, heldOut: split.heldOut.map { places[$0] }, seed: seed)
    return run
  }

  private static func flow(
    _ parameters: [Parameter], _ loss: any TrainingLoss, model: SiT, latents: any LatentSource,
    draws: FlowDraws, options: TrainingOptions, seed: UInt64, output: String,
    identity: RunIdentity
  ) throws -> TrainingRun {
    let expected = Shape(Array(model.latentShape(1).dimensions.dropFirst()))
    guard latents.sampleShape == expected else {
      throw InputError(
        "latents", expected: "shape \(expected), as the model takes",
        found: "\(latents.sampleShape)")
    }
    let split = try DataSplit(count: latents.count, heldOut: options.heldOut.count, seed: seed)
    var run = TrainingRun(
      parameters: parameters, loss: loss,
      batches: try LatentBatches(latents, training: split.training, draws: draws, seed: seed),
      options: options, output: output, identity: identity)
    run.heldOut = try HeldOutLatents(latents, heldOut: split.heldOut, draws: draws, seed: seed)
    return run
  }
}
