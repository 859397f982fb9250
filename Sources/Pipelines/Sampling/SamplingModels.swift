import Diagnostics
import Models
import Sampling
import TensorGraph

/// The networks that sampling needs, read and checked against each other.
struct SamplingModels {
  let predictor: LoadedModel<SiT>
  let vae: LoadedModel<AutoencoderKL>

  private let observe: PipelineObserver

  init(
    predictor: NetworkReference, vae: AutoencoderReference, observe: @escaping PipelineObserver
  ) throws {
    try self.init(
      predictor: predictor.loadPredictor(observe), vae: vae.load(observe), observe: observe)
  }

  init(
    predictor: LoadedModel<SiT>, vae: LoadedModel<AutoencoderKL>,
    observe: @escaping PipelineObserver
  ) throws {
    self.observe = observe
    self.predictor = predictor
    self.vae = vae
    let channels = self.predictor.model.configuration.inChannels
    let latentChannels = self.vae.model.configuration.latentChannels
    guard channels == latentChannels else {
      throw InputError(
        self.vae.path, expected: "latents of \(channels) channels, as \(self.predictor.path) makes",
        found: "\(latentChannels)", remedy: "use the autoencoder that the predictor was trained on")
    }
  }

  /// Shape of one latent, (C, S, S).
  var latentShape: Shape {
    let configuration = predictor.model.configuration
    return [configuration.inChannels, configuration.inputSize, configuration.inputSize]
  }

  /// Side of the images in pixels.
  var imageSide: Int {
    predictor.model.configuration.inputSize * vae.model.configuration.downsampling
  }

  var classes: Int { predictor.model.configuration.classes }

  /// - Throws: `InputError` where the refiner is one for other latents or classes.
  func loadRefiner(_ reference: NetworkReference) throws -> LoadedModel<VelocityRefiner> {
    try check(reference.loadRefiner(observe))
  }

  /// - Throws: `InputError` where the refiner is one for other latents or classes, or the predictor
  ///   none of velocities.
  func check(_ refiner: LoadedModel<VelocityRefiner>) throws -> LoadedModel<VelocityRefiner> {
    guard predictor.model.configuration.objective == .velocity else {
      throw InputError(
        predictor.path, expected: "a predictor of velocities beside a refiner, which learns theirs",
        found: "one of noise (objective epsilon)", remedy: "use a plan without R")
    }
    let (own, teacher) = (refiner.model.configuration, predictor.model.configuration)
    for (name, found, expected) in [
      ("channels", own.inChannels, teacher.inChannels),
      ("latent side", own.inputSize, teacher.inputSize),
      ("classes", own.classes, teacher.classes),
    ] where found != expected {
      throw InputError(
        refiner.path, expected: "\(name) \(expected), as in \(predictor.path)", found: "\(found)",
        remedy: "use a refiner of this predictor")
    }
    return refiner
  }

  func sampler(
    _ plan: SamplingPlan, refiner: LoadedModel<VelocityRefiner>?, guidance: Double,
    channels: GuidanceChannels, variant: RefinerVariant, settings: SolverSettings,
    inParts: Bool = true, executor: any Executor
  ) throws -> Sampler {
    try Sampler(
      executor: executor,
      field: VelocityField(
        predictor: predictor.model, refiner: refiner?.model,
        guidance: Guidance(scale: guidance, channels: channels, nullClass: classes),
        inParts: inParts),
      predictorWeights: predictor.weights, refinerWeights: refiner?.weights ?? [:],
      plan: plan, variant: variant, settings: settings)
  }

  /// - Throws: `InputError` where the autoencoder takes no RGB images.
  func encoder(_ executor: any Executor) throws -> LatentEncoder {
    try LatentEncoder(vae.model, weights: vae.weights, side: imageSide, executor: executor)
  }

  func decoder(_ executor: any Executor) throws -> LatentDecoder {
    try LatentDecoder(
      vae.model, weights: vae.weights, latentShape: latentShape, executor: executor)
  }
}

/// Sampling went out of the numbers' range.
struct NonFiniteSample: ExitCodeProviding, CustomStringConvertible {
  let index: Int
  var exitCode: ExitCode { .checkFailed }
  var description: String {
    "sample \(index): its latents hold NaN or infinities; check the weights or lower the guidance"
  }

  /// - Throws: this error for the first row that is not finite.
  static func check(_ latents: HostTensor, from first: Int) throws {
    let length = latents.shape.elementCount / max(latents.shape[0], 1)
    if let bad = latents.floats.firstIndex(where: { !$0.isFinite }) {
      throw NonFiniteSample(index: first + bad / length)
    }
  }
}
