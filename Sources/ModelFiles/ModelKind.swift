import Models

/// What a model in a file is for.
public enum ModelKind: String, Sendable, CaseIterable {
  case autoencoder, predictor, refiner
  /// The networks of the features that images are compared by: FID's, and our own.
  case inception, features

  /// As messages name it.
  var name: String {
    switch self {
    case .autoencoder: "an autoencoder"
    case .predictor: "a predictor"
    case .refiner: "a refiner"
    case .inception: "FID's Inception"
    case .features: "a feature network"
    }
  }

  /// What to do with it, for messages about other places.
  var advice: String {
    switch self {
    case .autoencoder: "this is an AutoencoderKL: give it as vae.weights"
    case .predictor: "this is a predictor: give it as predictor.weights or teacher.weights"
    case .refiner: "this is a refiner: give it as refiner.weights"
    case .inception: "this is the Inception-v3 that images are evaluated with"
    case .features: "this is a feature network, which images are evaluated with"
    }
  }
}

/// A model of one size.
public enum ModelShape: Sendable, Equatable {
  /// A predictor, or with `velocityInput` a refiner.
  case network(SiTConfiguration)
  case autoencoder(AutoencoderConfiguration)
  /// FID's has 1008 classes.
  case inception(classes: Int)
  case features(FeatureNetworkConfiguration)

  public var kind: ModelKind {
    switch self {
    case .network(let configuration): configuration.velocityInput ? .refiner : .predictor
    case .autoencoder: .autoencoder
    case .inception: .inception
    case .features: .features
    }
  }

  /// The parameters of the whole model, in its own order.
  /// - Throws: `InvalidField` where the shape is impossible.
  public func parameters() throws -> [Parameter] {
    switch self {
    case .network(let configuration): try SiT(configuration).parameters
    case .autoencoder(let configuration): try AutoencoderKL(configuration).parameters
    case .inception(let classes): try InceptionV3(classes: classes).parameters
    case .features(let configuration): try FeatureNetwork(configuration).parameters
    }
  }

  /// Kind and all sizes in a sentence.
  public var description: String {
    switch self {
    case .network(let network):
      let name = kind.rawValue + (network.publishedName.map { " SiT-\($0)" } ?? "")
      return "\(name): \(network.inputSize)×\(network.inputSize) latents of "
        + "\(network.inChannels) channels, \(network.classes) classes; width "
        + "\(network.hiddenSize), depth \(network.depth), patch \(network.patchSize), "
        + "\(network.heads) heads"
        + (network.objective == .epsilon ? "; predicts the noise (objective epsilon)" : "")
    case .autoencoder(let configuration):
      return "\(summary): \(configuration.latentChannels) channels, "
        + "1/\(configuration.downsampling) of an image's side, scaling factor "
        + "\(configuration.scalingFactor)"
    case .inception: return summary
    case .features(let configuration):
      return "\(summary): images of \(configuration.imageSize)×\(configuration.imageSize), "
        + "\(configuration.classes) classes"
    }
  }

  /// Kind and size in a few words, such as `predictor SiT-XL/2`.
  public var summary: String {
    switch self {
    case .network(let configuration):
      let size =
        configuration.publishedName.map { "SiT-\($0)" }
        ?? (configuration.velocityInput && configuration.depth == 1
          ? "of one SiT block, width \(configuration.hiddenSize), patch \(configuration.patchSize)"
          : "SiT of width \(configuration.hiddenSize), depth \(configuration.depth), "
            + "patch \(configuration.patchSize)")
      return kind.rawValue + (configuration.objective == .epsilon ? " of noise, " : " ") + size
    case .autoencoder(let configuration):
      return "AutoencoderKL of widths "
        + configuration.channels.map(String.init).joined(separator: ", ")
    case .inception(let classes): return "Inception-v3 of \(classes) classes"
    case .features(let configuration):
      return "feature network \(configuration.name) of \(configuration.featureWidth) features"
    }
  }
}
