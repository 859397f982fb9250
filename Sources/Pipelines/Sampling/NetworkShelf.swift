import Models

/// Networks that are read once for several samplers, whose programs then share their weights.
public final class NetworkShelf {
  private var predictors: [(NetworkReference, LoadedModel<SiT>)] = []
  private var refiners: [(NetworkReference, LoadedModel<VelocityRefiner>)] = []
  private var autoencoders: [(AutoencoderReference, LoadedModel<AutoencoderKL>)] = []

  public init() {}

  func predictor(_ reference: NetworkReference, _ observe: PipelineObserver) throws
    -> LoadedModel<SiT>
  {
    if let known = predictors.first(where: { $0.0 == reference }) { return known.1 }
    let model = try reference.loadPredictor(observe)
    predictors.append((reference, model))
    return model
  }

  func refiner(_ reference: NetworkReference, _ observe: PipelineObserver) throws
    -> LoadedModel<VelocityRefiner>
  {
    if let known = refiners.first(where: { $0.0 == reference }) { return known.1 }
    let model = try reference.loadRefiner(observe)
    refiners.append((reference, model))
    return model
  }

  func autoencoder(_ reference: AutoencoderReference, _ observe: PipelineObserver) throws
    -> LoadedModel<AutoencoderKL>
  {
    if let known = autoencoders.first(where: { $0.0 == reference }) { return known.1 }
    let model = try reference.load(observe)
    autoencoders.append((reference, model))
    return model
  }
}
