import Checkpoints
import Diagnostics
import Models

extension ModelFile {
  /// The feature network in the file, which must say of itself what it is: neither its name
  /// nor the images' side shows in shapes.
  ///
  /// - Throws: `InputError` where it is another model or does not describe itself.
  public func features(_ choice: WeightChoice? = nil) throws -> (
    configuration: FeatureNetworkConfiguration, selection: ModelSelection
  ) {
    let chosen = try choose(.features, choice)
    guard statedKind == .features,
      let configuration: FeatureNetworkConfiguration = try describedModel()
    else {
      throw InputError(
        file.path, expected: "metadata 'kind' and 'model' that describe the feature network",
        found: "none", remedy: "take the file that `flowturbo train-features` wrote")
    }
    do {
      try configuration.validate()
    } catch let error as InvalidField {
      throw InputError("\(file.path): a feature network of impossible shape: \(error)")
    }
    let shape = ModelShape.features(configuration)
    try checkFit(chosen.group, shape, askedFor: .features)
    return (configuration, selection(shape, chosen))
  }
}
