/// What a group of tensors is, by its names and shapes.
enum RecognisedModel: Sendable {
  case network(NetworkFacts)
  case autoencoder(AutoencoderFacts)
  case inception(InceptionFacts)
  /// A feature network of ours, whose file describes it.
  case features
  case foreign(ForeignModel)
  case unknown

  /// - Parameter shapes: by names as today's models have them.
  init(_ shapes: [String: [Int]]) {
    if let foreign = ForeignModel(shapes) {
      self = .foreign(foreign)
    } else if let facts = AutoencoderFacts(shapes) {
      self = .autoencoder(facts)
    } else if let facts = NetworkFacts(shapes) {
      self = .network(facts)
    } else if let facts = InceptionFacts(shapes) {
      self = .inception(facts)
    } else if Self.featureHallmarks.allSatisfy({ shapes[$0] != nil }) {
      self = .features
    } else {
      self = .unknown
    }
  }

  /// Names that every feature network has.
  static let featureHallmarks = [
    "stem.weight", "levels.0.conv1.weight", "neck.weight", "fc.weight", "layout.weight",
  ]

  /// Whether there is a command that takes it.
  var isLoadable: Bool {
    switch self {
    case .network, .autoencoder, .inception, .features: true
    case .foreign, .unknown: false
    }
  }

  /// What it most probably is.
  var kind: ModelKind? {
    switch self {
    case .network(let facts): facts.looksLikeRefiner ? .refiner : .predictor
    case .autoencoder: .autoencoder
    case .inception: .inception
    case .features: .features
    case .foreign, .unknown: nil
    }
  }

  /// Whether it may be asked for as `kind`.
  func isOfFamily(_ kind: ModelKind) -> Bool {
    switch (self, kind) {
    case (.network, .predictor), (.network, .refiner), (.autoencoder, .autoencoder),
      (.inception, .inception), (.features, .features):
      true
    default: false
    }
  }
}

/// Models that users have, that no command takes and whose names tell them.
enum ForeignModel: Sendable, Equatable {
  /// SD3, PixArt and the like.
  case textToImage
  /// The U-Net of Stable Diffusion.
  case unet
  /// A DiT in diffusers' names.
  case diffusersTransformer
  /// A loadable model below a common first component.
  case wrapped(prefix: String)

  init?(_ shapes: [String: [Int]]) {
    func has(_ part: String) -> Bool { shapes.keys.contains { $0.contains(part) } }
    if has("joint_blocks.") || has("context_embedder.") || has("y_embedder.y_proj.") {
      self = .textToImage
    } else if has("diffusion_model.input_blocks.") || has("down_blocks.0.attentions.0.transformer")
    {
      self = .unet
    } else if has("transformer_blocks.0.") {
      self = .diffusersTransformer
    } else {
      return nil
    }
  }

  /// What it is and what to do, for messages.
  var explanation: String {
    switch self {
    case .textToImage: "this is a text-to-image transformer such as SD3's, which is not supported"
    case .unet: "this is the U-Net of a diffusion model, which is not supported"
    case .diffusersTransformer:
      "this is a transformer under diffusers' names: take the original checkpoint of SiT"
    case .wrapped(let prefix):
      "every name begins with '\(prefix)': save the state_dict of the model inside"
    }
  }
}
