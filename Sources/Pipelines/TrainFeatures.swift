import Configuration
import Diagnostics
import Imaging
import ModelFiles
import Models
import TensorGraph
import Training

/// `flowturbo train-features`: a feature network from a folder of images of several classes.
public struct TrainFeatures {
  public let configuration: TrainFeaturesConfiguration
  let observe: PipelineObserver

  public init(_ configuration: TrainFeaturesConfiguration, observe: @escaping PipelineObserver) {
    self.configuration = configuration
    self.observe = observe
  }

  /// - Parameter initial: weights to start from instead of fresh ones.
  public func run(resume: Bool, initial: String? = nil) throws -> TrainingOutcome {
    let model = try FeatureNetwork(configuration.network)
    let folder = try RunFolder(configuration.output)
    let images = try configuration.data.folder(observe)
    try images.check(fits: configuration.network)
    let usable = try images.usable(configuration.data.loader(images), observe)
    let side = configuration.data.size
    let source = ImageSource(
      count: images.images.count, side: side, labels: images.images.map(\.label)
    ) { index in
      CenterCrop.apply(try ImageDecoder.decode(path: images.path(index)), size: side).pixels
    }
    var run = try TrainingRun.features(
      model, images: source, usable: usable, options: configuration.training.options,
      seed: configuration.seed, output: configuration.output,
      identity: try RunIdentity(
        configuration,
        ignoring: [
          "output", "precision", "data.images", "data.workers", "data.render",
          "training.checkpoint", "training.logEvery", "training.heldOut.every",
        ], inputs: ["data (list of readable files)": images.listHash(usable)]))
    run.metadata = try ModelMetadata.make(.features(configuration.network), run: configuration)
    let metadata = run.metadata
    let session = TrainingSession(
      run: run, shape: .features(configuration.network), folder: folder,
      seed: configuration.seed,
      precision: configuration.precision,
      configuration: try ResolvedConfiguration(configuration), observe: observe,
      draw: { _, _ in },
      finish: { [observe] weights in
        let path = try WeightFile.ship(weights, as: .features, metadata: metadata, in: folder)
        observe(.note("\(path): averaged weights in 16 bits"))
      })
    return try session.train(resume: resume, initial: initial)
  }
}

extension ImageFolder {
  /// - Throws: `InputError` where there are more classes than the network tells apart.
  fileprivate func check(fits network: FeatureNetworkConfiguration) throws {
    let highest = images.map(\.label).max() ?? 0
    guard highest < network.classes else {
      throw InputError(
        root, expected: "labels below \(network.classes), the classes of the configured network",
        found: "label \(highest) ('\(classNames[highest])')",
        remedy: "set network.classes to \(highest + 1) at least")
    }
  }
}
