import Checkpoints
import Configuration
import Diagnostics
import Files
import Foundation
import Models
import TensorGraph
import Training

/// What a weight file of ours says of itself, in its metadata.
public enum ModelKind: String, Sendable, CaseIterable {
  case autoencoder, predictor, refiner
}

extension ModelKind {
  fileprivate var trainingCommand: String {
    switch self {
    case .autoencoder: "flowturbo train-vae"
    case .predictor: "flowturbo train-predictor"
    case .refiner: "train-refiner"
    }
  }
}

/// The metadata keys of weight files.
enum ModelMetadata {
  static let kind = "kind"
  /// The model's configuration as YAML.
  static let model = "model"
  /// The configuration of the run that trained it, as YAML.
  static let configuration = "configuration"

  static func make(
    _ kind: ModelKind, _ model: some ConfigurationSchema, run: some ConfigurationSchema
  ) throws -> [String: String] {
    [
      self.kind: kind.rawValue,
      self.model: try ResolvedConfiguration(model).yaml,
      configuration: try ResolvedConfiguration(run).yaml,
    ]
  }
}

/// A model and its weights as they were read from a file.
public struct LoadedModel<Model> {
  public let model: Model
  public let weights: [String: HostTensor]
  public let path: String
  /// SHA-256 of the file.
  public let hash: String
}

extension AutoencoderReference {
  /// The given shape, or the one that the file says of itself.
  public func autoencoderConfiguration() throws -> AutoencoderConfiguration {
    try resolved(weights, .autoencoder, given: autoencoder)
  }

  public func load() throws -> LoadedModel<AutoencoderKL> {
    let model = try AutoencoderKL(autoencoderConfiguration())
    return try LoadedModel(
      model: model, weights: WeightFile.read(weights, model.parameters), path: weights,
      hash: FileHash.sha256(ofFile: weights))
  }
}

extension NetworkReference {
  /// The given shape, or the one that the file says of itself.
  public func predictorConfiguration() throws -> SiTConfiguration {
    try resolved(weights, .predictor, given: model)
  }

  public func loadPredictor() throws -> LoadedModel<SiT> {
    let model = try SiT(predictorConfiguration())
    return try LoadedModel(
      model: model, weights: WeightFile.read(weights, model.parameters), path: weights,
      hash: FileHash.sha256(ofFile: weights))
  }

  public func loadRefiner() throws -> LoadedModel<VelocityRefiner> {
    let model = try VelocityRefiner(resolved(weights, .refiner, given: self.model))
    return try LoadedModel(
      model: model, weights: WeightFile.read(weights, model.parameters), path: weights,
      hash: FileHash.sha256(ofFile: weights))
  }
}

/// The model's configuration: the given one, or what the file says of itself.
private func resolved<Schema: ConfigurationSchema>(
  _ path: String, _ kind: ModelKind, given: Schema?
) throws -> Schema {
  guard FileManager.default.fileExists(atPath: path) else {
    throw InputError(
      path, expected: "the weights of a trained \(kind.rawValue)", found: "no such file",
      remedy: "train it with `\(kind.trainingCommand)` or correct the path")
  }
  let file = try SafetensorsFile(path: path)
  if let found = file.metadata[ModelMetadata.kind], found != kind.rawValue {
    throw InputError(
      path, expected: "weights of kind \(kind.rawValue)", found: found,
      remedy: "check which file the configuration names")
  }
  if let given { return given }
  guard let text = file.metadata[ModelMetadata.model] else {
    throw InputError(
      path, expected: "metadata that describes the \(kind.rawValue)", found: "none",
      remedy: "describe it in the configuration beside `weights`")
  }
  return try ConfigurationFile(text: text, name: "\(path) (metadata 'model')")
    .decode(Schema.self)
}
