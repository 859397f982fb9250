import CPUExecutor
import Checkpoints
import Configuration
import Diagnostics
import Files
import Foundation
import Imaging
import ModelFiles
import Models
import TensorGraph
import Training

/// `flowturbo train-vae`: an autoencoder from a folder of images.
public struct TrainVAE {
  public let configuration: TrainVAEConfiguration
  let observe: PipelineObserver

  public init(_ configuration: TrainVAEConfiguration, observe: @escaping PipelineObserver) {
    self.configuration = configuration
    self.observe = observe
  }

  /// - Parameter initial: weights to start from instead of fresh ones, as the
  ///   decoder's fine-tuning does.
  public func run(resume: Bool, initial: String? = nil) throws -> TrainingOutcome {
    let options = configuration.training.options
    let model = try AutoencoderKL(configuration.autoencoder)
    let folder = try RunFolder(configuration.output)
    let images = try configuration.data.folder(observe)
    let usable = try images.usable(configuration.data.loader(images), observe)

    let side = configuration.data.size
    let source = ImageSource(count: images.images.count, side: side) { index in
      let image = try ImageDecoder.decode(path: images.path(index))
      return CenterCrop.apply(image, size: side).pixels
    }
    let split = try DataSplit(
      count: usable.count, heldOut: min(options.common.heldOut.count, usable.count / 10),
      seed: configuration.seed)
    // Places in the folder's list, by which messages name images.
    let (training, heldOut) = (split.training.map { usable[$0] }, split.heldOut.map { usable[$0] })
    var run = TrainingRun(
      parameters: options.decoderOnly ? AutoencoderLoss.decoderOnly(model) : model.parameters,
      loss: AutoencoderLoss(
        model, side: side, klWeight: options.decoderOnly ? 0 : options.klWeight),
      batches: try ImageBatches(source, training: training, seed: configuration.seed),
      options: options.common, output: configuration.output,
      identity: try RunIdentity(
        configuration,
        ignoring: [
          "output", "precision", "data.images", "data.workers", "data.render",
          "training.checkpoint",
          "training.logEvery", "training.reconstructions", "training.heldOut.every",
        ], inputs: ["data (list of readable files)": images.listHash(usable)]))
    run.heldOut = HeldOutImages(source, heldOut: heldOut, seed: configuration.seed)
    run.metadata = try ModelMetadata.make(
      .autoencoder(configuration.autoencoder), run: configuration)
    run.sampleEvery = configuration.training.reconstructions?.every
    let metadata = run.metadata
    let session = TrainingSession(
      run: run, shape: .autoencoder(configuration.autoencoder), folder: folder,
      seed: configuration.seed,
      precision: configuration.precision,
      configuration: try ResolvedConfiguration(configuration), observe: observe,
      draw: { weights, step in
        try drawReconstructions(model, weights, source, heldOut, step: step)
      },
      finish: { weights in
        try finish(model, weights, source, training, metadata, folder)
      })
    return try session.train(resume: resume, initial: initial)
  }

  /// Rows of images above rows of their reconstructions, from the posterior's mean.
  private func drawReconstructions(
    _ model: AutoencoderKL, _ weights: [String: HostTensor], _ source: ImageSource,
    _ indices: [Int], step: Int
  ) throws {
    guard let options = configuration.training.reconstructions, !indices.isEmpty else { return }
    let side = source.side
    let graph = Graph()
    let x = try graph.input("x", [1, 3, side, side])
    graph.output("y", try model.decode(model.encode(x).mean))
    let program = try CPUExecutor().compile(graph, variables: weights, frozen: true)
    var originals: [RGBImage] = []
    var decoded: [RGBImage] = []
    for index in indices.prefix(options.count) {
      let image = RGBImage(width: side, height: side, pixels: try source.pixels(index))
      let input = HostTensor(image.signedUnit(), shape: [1, 3, side, side])
      guard let y = try program.run(["x": input])["y"] else { continue }
      originals.append(image)
      decoded.append(RGBImage(signedUnit: y.array(), width: side, height: side))
    }
    let columns = 8
    var cells: [RGBImage] = []
    for start in stride(from: 0, to: originals.count, by: columns) {
      let end = min(start + columns, originals.count)
      guard end - start == columns || start == 0 else { break }
      cells += originals[start..<end] + decoded[start..<end]
    }
    let path = "\(configuration.output)/reconstructions/step-\(padded(step)).png"
    try ImageEncoder.writePNG(
      ImageGrid.join(cells, columns: min(columns, originals.count)), to: path)
    observe(.note("reconstructions: \(path)"))
  }

  /// Measures the latents' spread and writes `vae.safetensors` with the factor that makes
  /// it one, as 0.18215 does for Stable Diffusion's autoencoder.
  private func finish(
    _ model: AutoencoderKL, _ weights: [String: HostTensor], _ source: ImageSource,
    _ indices: [Int], _ metadata: [String: String], _ folder: RunFolder
  ) throws {
    let side = source.side
    let graph = Graph()
    let x = try graph.input("x", [1, 3, side, side])
    let posterior = try model.encode(x)
    graph.output("mean", posterior.mean)
    graph.output("variance", try posterior.logVariance.exponential())
    let program = try CPUExecutor().compile(graph, variables: weights, frozen: true)
    var sum = 0.0
    var square = 0.0
    var count = 0
    for index in indices.prefix(1024) {
      let image = RGBImage(width: side, height: side, pixels: try source.pixels(index))
      let input = HostTensor(image.signedUnit(), shape: [1, 3, side, side])
      let result = try program.run(["x": input])
      guard let mean = result["mean"], let variance = result["variance"] else { continue }
      for i in mean.floats.indices {
        let m = Double(mean.floats[i])
        sum += m
        square += m * m + Double(variance.floats[i])
      }
      count += mean.shape.elementCount
    }
    let average = sum / Double(count)
    let deviation = (square / Double(count) - average * average).squareRoot()
    var described = configuration.autoencoder
    if !options.decoderOnly {
      let factor = (1 / deviation * 1e5).rounded() / 1e5
      guard factor.isFinite, factor > 0 else { throw UnusableLatents(deviation: deviation) }
      described.scalingFactor = factor
    }
    var metadata = metadata
    metadata.merge(try ModelMetadata.describing(.autoencoder(described))) { _, new in new }
    let path = try WeightFile.ship(weights, as: .autoencoder, metadata: metadata, in: folder)
    observe(
      .note(
        "\(path): averaged weights in 16 bits, scaling factor \(described.scalingFactor) "
          + "(latents' deviation \(String(format: "%.4f", deviation)) over \(min(1024, indices.count)) images)"
      ))
  }

  private var options: AutoencoderTrainingOptions { configuration.training.options }
}

/// The trained autoencoder's latents have no spread to scale to one.
struct UnusableLatents: ExitCodeProviding, CustomStringConvertible {
  let deviation: Double
  var exitCode: ExitCode { .checkFailed }
  var description: String {
    "the latents' standard deviation is \(deviation), from which no scaling factor follows; "
      + "lower the learning rate or the weight of the KL term"
  }
}

extension ImageFolder {
  /// Identity of the list of the images at `indices`, not of what they show.
  func listHash(_ indices: [Int]) -> String {
    FileHash.sha256(indices.map { images[$0].relativePath }.joined(separator: "\n").utf8)
  }

  /// Indices of the images that can be read; each broken one is named, and too many are an error.
  func usable(_ loader: ImageLoader, _ observe: @escaping PipelineObserver) throws -> [Int] {
    var usable: [Int] = []
    let stream = loader.stream(0..<images.count) { observe(.warning("skipped: \($0)")) }
    while let (index, _) = try stream.next() {
      if StopRequest.isSet { throw Stopped("stopped before the first step: repeat the command") }
      usable.append(index)
      if usable.count % 500 == 0 {
        observe(
          .progress(
            stage: "check images", done: usable.count, total: images.count, detail: "readable"))
      }
    }
    if usable.count < images.count {
      observe(
        .warning("\(root): \(images.count - usable.count) of \(images.count) images skipped"))
    }
    return usable
  }
}
