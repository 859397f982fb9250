import CPUExecutor
import Configuration
import Models
import Pipelines
import Randomness
import TensorGraph
import Training

/// Small random networks as weight files that describe themselves, for runs that take
/// milliseconds: 4×4×4 latents, 8×8 pixels, three classes.
public struct TinyModels: Sendable {
  public let folder: String
  public var predictor: String { "\(folder)/predictor.safetensors" }
  /// Of the same shape, but predicting the noise.
  public var noisePredictor: String { "\(folder)/epsilon.safetensors" }
  public var refiner: String { "\(folder)/refiner.safetensors" }
  public var vae: String { "\(folder)/vae.safetensors" }
  public var features: String { "\(folder)/features.safetensors" }

  public static let classes = 3
  public static let latentShape = [4, 4, 4]
  public static let side = 8

  /// Writes the files into `folder`.
  /// - Parameter predictorScale: multiplies the predictor's weights.
  public init(in folder: String, predictorScale: Float = 1) throws {
    // More threads than one only wait for each other in networks as small as these.
    CPUExecutor.threads = 1
    self.folder = folder
    var network = SiTConfiguration()
    (network.inputSize, network.patchSize, network.inChannels) = (4, 2, 4)
    (network.hiddenSize, network.depth, network.heads) = (16, 2, 2)
    (network.classes, network.learnSigma) = (Self.classes, false)
    network.frequencyEmbeddingSize = 16
    try Self.write(
      SiT(network).parameters, network, kind: "predictor", seed: 1, scale: predictorScale,
      to: predictor)
    network.objective = .epsilon
    try Self.write(
      SiT(network).parameters, network, kind: "predictor", seed: 5, to: noisePredictor)
    network.objective = .velocity
    network.velocityInput = true
    network.depth = 1
    try Self.write(
      VelocityRefiner(network).parameters, network, kind: "refiner", seed: 2, to: refiner)
    var autoencoder = AutoencoderConfiguration()
    (autoencoder.channels, autoencoder.layersPerBlock, autoencoder.normGroups) = ([8, 8], 1, 4)
    try Self.write(
      AutoencoderKL(autoencoder).parameters, autoencoder, kind: "autoencoder", seed: 3, to: vae)
    var judge = FeatureNetworkConfiguration()
    (judge.name, judge.imageSize, judge.classes) = ("tiny-features", Self.side, Self.classes)
    (judge.widths, judge.normGroups) = ([4, 8, 8], 4)
    (judge.featureWidth, judge.spatialChannels) = (15, 2)
    try Self.write(
      FeatureNetwork(judge).parameters, judge, kind: "features", seed: 4, to: features)
  }

  private static func write(
    _ parameters: [Parameter], _ model: some ConfigurationSchema, kind: String, seed: UInt64,
    scale: Float = 1, to path: String
  ) throws {
    let weights = parameters.initialised(seed: seed)
    // Layers that begin at zero would make every network the same: none.
    for parameter in parameters where parameter.initialisation == .zeros {
      var stream = RandomStream(
        seed: seed, purpose: .initialisation, index: FNV1a.hash(parameter.path) &+ 1)
      guard let values = weights[parameter.path]?.floats else { continue }
      for i in values.indices { values[i] = 0.2 * stream.normal() }
    }
    for tensor in weights.values where scale != 1 {
      for i in tensor.floats.indices { tensor.floats[i] *= scale }
    }
    try WeightFile.write(
      weights,
      metadata: [
        "kind": kind, "model": try ResolvedConfiguration(model).yaml, "weights": "ema",
      ], to: path)
  }

  /// The keys that all configurations with these networks begin with.
  private func run(_ output: String) -> String {
    """
    output: \(output)
    seed: 5
    predictor: {weights: \(predictor)}
    refiner: {weights: \(refiner)}
    vae: {weights: \(vae)}
    """
  }

  /// A configuration of `flowturbo sample` with these networks.
  public func sampleConfiguration(output: String, count: Int = 8, batch: Int = 3) -> String {
    """
    \(run(output))
    sampling:
      plan: H2P1R1
      count: \(count)
      batch: \(batch)
      guidance: 1.5
      labels: balanced
    write:
      latents: true
      npz: true

    """
  }

  /// A configuration of one of the commands that work on images and noise, with these networks.
  /// - Parameters:
  ///   - plan: of the sampling.
  ///   - more: sections beside output, seed, weights and `sampling`.
  public func taskConfiguration(
    output: String, plan: String = "H2P1R1", sampling: String = "", _ more: String
  ) -> String {
    """
    \(run(output))
    sampling:
      plan: "\(plan)"
      batch: 3
      guidance: 1.5
    \(sampling.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
    \(more)

    """
  }

  /// A configuration of `flowturbo compare` with these networks.
  public func compareConfiguration(output: String) -> String {
    """
    output: \(output)
    seed: 5
    predictor:
      weights: \(predictor)
    refiners:
      shipped:
        weights: \(refiner)
      own:
        weights: \(folder)/not-there.safetensors
        optional: true
    vae:
      weights: \(vae)
    sampling:
      plans: [H2, H1P1R1, heun:12]
      reference: heun:12
      perClass: 2
      batch: 4
      rounds: 1

    """
  }

  /// A configuration of `flowturbo curvature` with these networks.
  public func curvatureConfiguration(output: String) -> String {
    """
    output: \(output)
    seed: 5
    predictors:
      velocity:
        weights: \(predictor)
      noise:
        weights: \(noisePredictor)
      later:
        weights: \(folder)/not-there.safetensors
        optional: true
    sampling:
      plan: heun:24
      count: 5
      batch: 2

    """
  }
}
