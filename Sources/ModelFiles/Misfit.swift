import Checkpoints
import Diagnostics
import Models
import TensorGraph

extension ModelFile {
  /// - Throws: `InputError` that lists every tensor that does not fit, with the likely cause.
  func checkFit(_ group: TensorGroup, _ shape: ModelShape, askedFor kind: ModelKind) throws {
    let mismatch = try Self.mismatch(group, with: shape)
    guard !mismatch.isEmpty else { return }
    throw error(
      mismatch.summary, askedFor: kind, cause: cause(group, wanted: shape, askedFor: kind))
  }

  private static func mismatch(_ group: TensorGroup, with shape: ModelShape) throws
    -> ParameterMismatch
  {
    var given = group.members.mapValues { Shape($0.shape) }
    let parameters = try shape.parameters()
    for parameter in parameters where parameter.path == positions && given[positions] == nil {
      given[positions] = parameter.shape
    }
    return parameters.mismatch(given)
  }

  /// The error where no tensors of the file are a model of `kind`.
  func misfit(askedFor kind: ModelKind) -> InputError {
    // The likeliest to be meant: a model, else the largest part.
    let group =
      groups.first { $0.model.isLoadable }
      ?? groups.filter { !$0.isOptimiserState }.max { $0.byteCount < $1.byteCount }
    guard let group else {
      return InputError(
        file.path, expected: "weights of \(kind.name)",
        found: groups.isEmpty ? "no tensors at all" : "an optimiser's state only",
        remedy: groups.isEmpty ? "name another file" : "name the checkpoint of the model")
    }
    // No size is known, so missing tensors are named without shapes.
    let names: [String]
    switch kind {
    case .predictor, .refiner: names = NetworkFacts.hallmarks
    case .autoencoder: names = AutoencoderFacts.hallmarks
    case .inception: names = InceptionFacts.hallmarks
    case .features: names = RecognisedModel.featureHallmarks
    }
    let missing = names.filter { group.members[$0] == nil }.joined(separator: ", ")
    let unexpected = ParameterMismatch(unexpected: group.members.keys.sorted())
    return error(
      "missing: \(missing) and others; \(unexpected.summary)", askedFor: kind,
      cause: foreignCause(group))
  }

  private func error(
    _ mismatch: String, askedFor kind: ModelKind, cause: String
  ) -> InputError {
    InputError("\(file.path): weights do not fit \(kind.name): \(mismatch); \(cause)")
  }

  /// Why the tensors are not those of the model that they seem to be.
  private func foreignCause(_ group: TensorGroup) -> String {
    if let kind = group.model.kind { return kind.advice }
    switch group.model {
    case .foreign(let model): return model.explanation
    default:
      let names = group.members.keys
      if names.contains(where: { $0.hasSuffix("exp_avg") || $0.hasSuffix("exp_avg_sq") }) {
        return "this is an optimiser's state: name the checkpoint of the model"
      }
      return "no model that is known here; `flowturbo inspect` lists what is in it"
    }
  }

  /// Why some of the tensors do not fit.
  private func cause(
    _ group: TensorGroup, wanted: ModelShape, askedFor kind: ModelKind
  ) -> String {
    var causes: [String] = []
    switch (group.model, wanted) {
    case (.network(let facts), .network(let wanted)):
      causes = Self.causes(facts, wanted, askedFor: kind, names: group.members.keys)
    case (.autoencoder(let facts), .autoencoder(let wanted)):
      causes = Self.causes(facts, wanted)
    case (.inception(let facts), .inception):
      if facts.hasAuxiliaryClassifier {
        causes = ["this is torchvision's Inception; FID's is pt_inception-2015-12-05-6726825d.pth"]
      }
    case (.features, .features):
      causes = ["what its metadata say of it is not what is in it"]
    default: return foreignCause(group)
    }
    if causes.isEmpty {
      causes = ["the file may be damaged, or of a model with other parts"]
    }
    return causes.joined(separator: "; ")
  }

  private static func causes(
    _ facts: NetworkFacts, _ wanted: SiTConfiguration, askedFor kind: ModelKind,
    names: some Collection<String>
  ) -> [String] {
    let expected = wanted.embedderChannels
    if let taken = facts.embedderChannels, taken != expected {
      // Twice or half of what is wanted: the one given as the other.
      if kind == .refiner, 2 * taken == expected {
        return ["this is a predictor; a refiner's x_embedder takes \(expected) channels"]
      }
      if kind == .predictor, taken == 2 * expected {
        return ["this is a refiner; a predictor's x_embedder takes \(expected) channels"]
      }
      return ["it is for latents of other channels"]
    }
    var others: [String] = []
    func compare(_ what: String, _ found: Int?, _ wanted: Int) {
      if let found, found != wanted { others.append("\(what) (\(found), not \(wanted))") }
    }
    compare("width", facts.hiddenSize, wanted.hiddenSize)
    compare("depth", facts.depth, wanted.depth)
    compare("number of classes", facts.classes, wanted.classes)
    compare("patch", facts.patchSize, wanted.patchSize)
    compare("side of the latents", facts.inputSize, wanted.inputSize)
    compare("number of frequencies", facts.frequencies, wanted.frequencyEmbeddingSize)
    var causes = others.isEmpty ? [] : ["it is of another \(others.joined(separator: " and "))"]
    if names.contains(where: { $0.hasPrefix("projectors.") }) {
      causes.append("projectors are REPA's, whose time runs from data to noise")
    }
    return causes
  }

  private static func causes(_ facts: AutoencoderFacts, _ wanted: AutoencoderConfiguration)
    -> [String]
  {
    if facts.isQuantised { return ["this is an autoencoder with a code book (VQ), not a KL one"] }
    if !facts.hasEncoder { return ["only the decoder is in it: take the whole autoencoder"] }
    if !facts.hasDecoder { return ["only the encoder is in it: take the whole autoencoder"] }
    var others: [String] = []
    if facts.channels != wanted.channels {
      others.append("widths (\(facts.channels), not \(wanted.channels))")
    }
    if let layers = facts.layersPerBlock, layers != wanted.layersPerBlock {
      others.append("blocks per level (\(layers), not \(wanted.layersPerBlock))")
    }
    if let channels = facts.latentChannels, channels != wanted.latentChannels {
      others.append("channels of the latents (\(channels), not \(wanted.latentChannels))")
    }
    return others.isEmpty ? [] : ["it has other \(others.joined(separator: " and "))"]
  }
}
