import Configuration

/// The metadata keys of weight files of ours.
public enum ModelMetadata {
  /// A ``ModelKind``.
  public static let kind = "kind"
  /// The model's configuration as YAML.
  public static let model = "model"
  /// The configuration of the run that trained it, as YAML.
  public static let configuration = "configuration"
  /// Which set of weights it is: `ema`, or `model` or `raw`.
  public static let weights = "weights"

  /// What a model says of itself.
  public static func describing(_ shape: ModelShape) throws -> [String: String] {
    let yaml: String? =
      switch shape {
      case .network(let configuration): try ResolvedConfiguration(configuration).yaml
      case .autoencoder(let configuration): try ResolvedConfiguration(configuration).yaml
      // There is one size of it.
      case .inception: nil
      case .features(let configuration): try ResolvedConfiguration(configuration).yaml
      }
    var metadata = [kind: shape.kind.rawValue]
    metadata[model] = yaml
    return metadata
  }

  /// As ``describing(_:)``, with the configuration of the run that makes the model.
  public static func make(_ shape: ModelShape, run: some ConfigurationSchema) throws
    -> [String: String]
  {
    var metadata = try describing(shape)
    metadata[configuration] = try ResolvedConfiguration(run).yaml
    return metadata
  }
}
