import Checkpoints
import Configuration
import Diagnostics
import Models

extension ModelFile {
  /// The predictor or refiner in the file, with sizes from the tensors' shapes.
  ///
  /// - Parameters:
  ///   - kind: `predictor` or `refiner`.
  ///   - choice: nil takes averages where the file has some.
  ///   - stated: what the configuration says of it.
  /// - Throws: `InputError` where it is another model, disagrees with `stated`, or leaves
  ///   something open that the configuration must say.
  public func network(
    _ kind: ModelKind, _ choice: WeightChoice? = nil, stated: StatedNetwork? = nil
  ) throws -> (configuration: SiTConfiguration, selection: ModelSelection) {
    let chosen = try choose(kind, choice)
    guard case .network(let facts) = chosen.group.model else { throw misfit(askedFor: kind) }
    let stated = stated ?? StatedNetwork()
    var notes: [String] = []
    let configuration: SiTConfiguration
    if var described: SiTConfiguration = try describedModel() {
      // A refiner that is asked for as a predictor is found misshapen, and the other way.
      described.velocityInput = kind == .refiner
      if kind == .refiner { described.objective = .velocity }
      configuration = described
    } else {
      configuration = try network(facts, as: kind, stated, &notes)
    }
    let shape = ModelShape.network(configuration)
    do {
      try configuration.validate()
    } catch let error as InvalidField {
      throw InputError("\(file.path): a network of impossible shape: \(error)")
    }
    try checkFit(chosen.group, shape, askedFor: kind)
    let disagreements = stated.disagreements(with: configuration)
    guard disagreements.isEmpty else { throw disagreement(disagreements, "model") }
    if chosen.group.members[Self.positions] == nil {
      notes.append("the position table is computed, the file has none")
    }
    return (configuration, selection(shape, chosen, notes))
  }

  /// The fixed table of sines and cosines, a buffer that some exports leave out.
  static let positions = "pos_embed"

  /// What a file of ours says of itself; nil where it says nothing.
  func describedModel<Schema: ConfigurationSchema>() throws -> Schema? {
    guard statedKind != nil, let text = file.metadata[ModelMetadata.model] else { return nil }
    return try ConfigurationFile(text: text, name: "\(file.path) (metadata 'model')")
      .decode(Schema.self)
  }

  func disagreement(_ list: [String], _ section: String) -> InputError {
    InputError(
      "\(file.path): expected "
        + "\(list.map { "\(section).\($0)" }.joined(separator: "; expected ")); "
        + "mend the configuration or name another file")
  }

  private func network(
    _ facts: NetworkFacts, as kind: ModelKind, _ stated: StatedNetwork, _ notes: inout [String]
  ) throws -> SiTConfiguration {
    var result = SiTConfiguration()
    result.patchSize = facts.patchSize ?? stated.patchSize ?? result.patchSize
    result.hiddenSize = facts.hiddenSize ?? stated.hiddenSize ?? result.hiddenSize
    result.depth = facts.depth ?? stated.depth ?? result.depth
    result.mlpRatio = facts.mlpRatio ?? stated.mlpRatio ?? result.mlpRatio
    result.classes = facts.classes ?? stated.classes ?? result.classes
    result.frequencyEmbeddingSize =
      facts.frequencies ?? stated.frequencyEmbeddingSize ?? result.frequencyEmbeddingSize
    guard let side = facts.inputSize ?? stated.inputSize else {
      throw InputError(
        "\(file.path): the side of the latents cannot be read from a file without "
          + "\(Self.positions): give model.inputSize")
    }
    result.inputSize = side
    if let heads = stated.heads {
      result.heads = heads
    } else if let heads = SiTConfiguration.publishedHeads(hiddenSize: result.hiddenSize) {
      result.heads = heads
      notes.append("\(heads) heads, as in the published models of this width")
    } else {
      throw InputError(
        "\(file.path): heads cannot be read from shapes: give model.heads "
          + "(the width is \(result.hiddenSize))")
    }
    setChannels(&result, facts, as: kind, stated)
    // No shape shows it; published files are of velocities.
    if kind == .predictor { result.objective = stated.objective ?? result.objective }
    return result
  }

  /// Channels in and out, for the model that the tensors are: where that is not the one
  /// asked for, tensors are found misshapen.
  private func setChannels(
    _ result: inout SiTConfiguration, _ facts: NetworkFacts, as kind: ModelKind,
    _ stated: StatedNetwork
  ) {
    let taken = facts.embedderChannels ?? stated.inChannels ?? 4
    let isRefiner = Self.isRefiner(facts, askedFor: kind, stated)
    result.velocityInput = kind == .refiner
    result.inChannels = isRefiner ? max(1, taken / 2) : taken
    result.learnSigma = (facts.emittedChannels ?? 2 * result.inChannels) != result.inChannels
  }

  /// Whether the tensors are a refiner's. As many channels out as in may be either: then the
  /// configuration decides, if it says anything, and the likelier one if not.
  static func isRefiner(
    _ facts: NetworkFacts, askedFor kind: ModelKind, _ stated: StatedNetwork
  ) -> Bool {
    guard let taken = facts.embedderChannels, taken == facts.emittedChannels else {
      return facts.looksLikeRefiner
    }
    if let channels = stated.inChannels { return channels != taken }
    if stated.learnSigma != nil || stated.velocityInput != nil { return kind == .refiner }
    return facts.looksLikeRefiner
  }
}
