import CPUExecutor
import Diagnostics
import Files
import Imaging
import Models
import Sampling
import TensorGraph

/// Pictures of what a predictor or refiner in training makes: a row per class, one file
/// per plan, the same noise every time.
final class SampleGrids {
  /// Rows of a grid; of more classes, evenly spaced ones are shown.
  static let maximumRows = 16

  private let options: SampleGridOptions
  private let predictor: SiT
  private let seed: UInt64
  private let folder: RunFolder
  private let observe: PipelineObserver
  private let vae: LoadedModel<AutoencoderKL>
  private let decoder: LatentDecoder
  private let latentShape: Shape
  /// The class of each row.
  private let classes: [Int]
  private let executor = CPUExecutor()
  private var drawnOnce: Set<String> = []

  /// - Parameter labels: of the training data, which say what classes there are.
  /// - Throws: `InputError` where the autoencoder does not fit the predictor.
  init(
    _ options: SampleGridOptions, predictor: SiT, labels: [Int32], seed: UInt64,
    folder: RunFolder, observe: @escaping PipelineObserver
  ) throws {
    self.options = options
    self.predictor = predictor
    self.seed = seed
    self.folder = folder
    self.observe = observe
    vae = try options.vae.load(observe)
    latentShape = Shape(Array(predictor.latentShape(1).dimensions.dropFirst()))
    guard vae.model.configuration.latentChannels == latentShape[0] else {
      throw InputError(
        vae.path, expected: "an autoencoder of \(latentShape[0]) latent channels",
        found: "\(vae.model.configuration.latentChannels)",
        remedy: "name the one that made the latents")
    }
    decoder = try LatentDecoder(
      vae.model, weights: vae.weights, latentShape: latentShape, executor: executor)
    let present = Set(labels).sorted().map(Int.init)
    let rows = min(present.count, Self.maximumRows)
    classes = (0..<rows).map { present[$0 * present.count / rows] }
  }

  /// - Parameter refiner: nil while a predictor trains.
  func draw(
    predictorWeights: [String: HostTensor],
    refiner: (model: VelocityRefiner, weights: [String: HostTensor])?, step: Int
  ) throws {
    for plan in options.plans {
      // Without its refiner a frozen teacher draws the same picture every time.
      let isFixed = refiner != nil && !plan.usesRefiner
      let name = fileName(plan)
      guard !isFixed || drawnOnce.insert(name).inserted else { continue }
      let sampler = try Sampler(
        executor: executor,
        field: VelocityField(
          predictor: predictor, refiner: refiner?.model,
          guidance: Guidance(
            scale: options.guidance, channels: options.guidanceChannels,
            nullClass: predictor.configuration.classes)),
        predictorWeights: predictorWeights, refinerWeights: refiner?.weights ?? [:], plan: plan)
      let columns = options.perClass
      var images: [RGBImage] = []
      for (row, label) in classes.enumerated() {
        let draws = SampleDraws(
          seed: seed, labels: .classes([label]), classes: predictor.configuration.classes)
        let indices = row * columns..<(row + 1) * columns
        let latents = try sampler.sample(
          noise: draws.noise(indices, shape: latentShape), labels: draws.labels(indices),
          diffusion: draws.diffusion(indices))
        images += try decoder(latents, rows: 0..<columns)
      }
      let prefix = isFixed ? "" : "step-\(padded(step))-"
      let path = "\(folder.path)/samples/\(prefix)\(name).png"
      try AtomicFile.makeDirectory("\(folder.path)/samples")
      try ImageEncoder.writePNG(ImageGrid.join(images, columns: columns), to: path)
      observe(.note("samples: \(path)"))
    }
  }

  /// The plan with what is awkward in a file's name replaced: `heun:8` is `heun-8`.
  private func fileName(_ plan: SamplingPlan) -> String {
    String(plan.description.map { $0.isLetter || $0.isNumber ? $0 : "-" })
  }
}

/// A step as file names have it, in order when sorted.
func padded(_ step: Int) -> String {
  let digits = String(step)
  return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
}
