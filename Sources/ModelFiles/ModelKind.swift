import Models

/// What a model in a file is for.
public enum ModelKind: String, Sendable, CaseIterable {
  case autoencoder, predictor, refiner

  /// As messages name it.
  var name: String {
    switch self {
    case .autoencoder: "an autoencoder"
    case .predictor: "a predictor"
    case .refiner: "a refiner"
    }
  }

  /// The configuration keys that take it.
  public var keys: [String] {
    switch self {
    case .autoencoder: ["vae.weights"]
    case .predictor: ["predictor.weights", "teacher.weights"]
    case .refiner: ["refiner.weights"]
    }
  }
}

/// A model of one size.
public enum ModelShape: Sendable, Equatable {
  /// A predictor, or with `velocityInput` a refiner.
  case network(SiTConfiguration)
  case autoencoder(AutoencoderConfiguration)

  public var kind: ModelKind {
    switch self {
    case .network(let configuration): configuration.velocityInput ? .refiner : .predictor
    case .autoencoder: .autoencoder
    }
  }

  /// The parameters of the whole model, in its own order.
  /// - Throws: `InvalidField` where the shape is impossible.
  public func parameters() throws -> [Parameter] {
    switch self {
    case .network(let configuration): try SiT(configuration).parameters
    case .autoencoder(let configuration): try AutoencoderKL(configuration).parameters
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
      return "\(kind.rawValue) \(size)"
    case .autoencoder(let configuration):
      return "AutoencoderKL of widths "
        + configuration.channels.map(String.init).joined(separator: ", ")
    }
  }
}
