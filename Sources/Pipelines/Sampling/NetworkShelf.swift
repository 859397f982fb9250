import Models

/// Networks that are read once for several samplers, whose programs then share their weights.
public final class NetworkShelf {
  private var predictors = Row<NetworkReference, LoadedModel<SiT>>()
  private var refiners = Row<NetworkReference, LoadedModel<VelocityRefiner>>()
  private var autoencoders = Row<AutoencoderReference, LoadedModel<AutoencoderKL>>()

  public init() {}

  func predictor(_ reference: NetworkReference, _ observe: PipelineObserver) throws
    -> LoadedModel<SiT>
  {
    try predictors.model(reference) { try reference.loadPredictor(observe) }
  }

  func refiner(_ reference: NetworkReference, _ observe: PipelineObserver) throws
    -> LoadedModel<VelocityRefiner>
  {
    try refiners.model(reference) { try reference.loadRefiner(observe) }
  }

  func autoencoder(_ reference: AutoencoderReference, _ observe: PipelineObserver) throws
    -> LoadedModel<AutoencoderKL>
  {
    try autoencoders.model(reference) { try reference.load(observe) }
  }
}

/// Networks of one kind under what they were asked for by.
private struct Row<Reference: Equatable, Model> {
  private var known: [(reference: Reference, model: Model)] = []

  mutating func model(_ reference: Reference, load: () throws -> Model) rethrows -> Model {
    if let found = known.first(where: { $0.reference == reference }) { return found.model }
    let model = try load()
    known.append((reference, model))
    return model
  }
}
