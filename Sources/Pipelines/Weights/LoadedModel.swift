import Diagnostics
import Foundation
import ModelFiles
import Models
import TensorGraph

/// A model, its weights, and where they came from.
public struct LoadedModel<Model> {
  public let model: Model
  public let weights: [String: HostTensor]
  public let origin: WeightOrigin

  /// As the configuration names it.
  public var path: String { origin.path }
  /// What says which weights these are; see `WeightOrigin.identity`.
  public var identity: String { origin.identity }

  /// Reads what `selection` chose and says so.
  init(
    _ model: Model, _ selection: ModelSelection, _ file: ModelFile, _ observe: PipelineObserver
  ) throws {
    self.model = model
    weights = try file.read(selection)
    origin = try file.origin(of: selection)
    observe(.note(origin.summary))
  }
}

extension AutoencoderReference {
  /// The shape of the autoencoder in the file.
  public func autoencoderConfiguration() throws -> AutoencoderConfiguration {
    try select().configuration
  }

  /// Reads the autoencoder and tells `observe` what was taken.
  public func load(_ observe: PipelineObserver) throws -> LoadedModel<AutoencoderKL> {
    let (file, configuration, selection) = try select()
    return try LoadedModel(AutoencoderKL(configuration), selection, file, observe)
  }

  /// What ``LoadedModel/identity`` would be; reads no weights but hashes the file.
  public func identity() throws -> String {
    let (file, _, selection) = try select()
    return try file.origin(of: selection).identity
  }

  private func select() throws -> (
    file: ModelFile, configuration: AutoencoderConfiguration, selection: ModelSelection
  ) {
    let file = try ModelFile(trained: .autoencoder, path: weights)
    let (configuration, selection) = try file.autoencoder(use, stated: autoencoder)
    return (file, configuration, selection)
  }
}

extension NetworkReference {
  /// The shape of the predictor in the file.
  public func predictorConfiguration() throws -> SiTConfiguration {
    try select(.predictor).configuration
  }

  /// Reads the predictor and tells `observe` what was taken.
  public func loadPredictor(_ observe: PipelineObserver) throws -> LoadedModel<SiT> {
    let (file, configuration, selection) = try select(.predictor)
    return try LoadedModel(SiT(configuration), selection, file, observe)
  }

  /// The shape of the refiner in the file.
  public func refinerConfiguration() throws -> SiTConfiguration {
    try select(.refiner).configuration
  }

  /// Reads the refiner and tells `observe` what was taken.
  public func loadRefiner(_ observe: PipelineObserver) throws -> LoadedModel<VelocityRefiner> {
    let (file, configuration, selection) = try select(.refiner)
    return try LoadedModel(VelocityRefiner(configuration), selection, file, observe)
  }

  /// What ``LoadedModel/identity`` of a predictor would be.
  public func predictorIdentity() throws -> String { try identity(.predictor) }

  /// What ``LoadedModel/identity`` of a refiner would be.
  public func refinerIdentity() throws -> String { try identity(.refiner) }

  private func identity(_ kind: ModelKind) throws -> String {
    let (file, _, selection) = try select(kind)
    return try file.origin(of: selection).identity
  }

  private func select(_ kind: ModelKind) throws -> (
    file: ModelFile, configuration: SiTConfiguration, selection: ModelSelection
  ) {
    let file = try ModelFile(trained: kind, path: weights)
    let (configuration, selection) = try file.network(kind, use, stated: model)
    return (file, configuration, selection)
  }
}

extension LoadedModel<FeatureNetwork> {
  /// Reads the feature network in a file of weights and tells `observe` what was taken.
  public init(features path: String, _ observe: PipelineObserver) throws {
    let file = try ModelFile(trained: .features, path: path)
    let (configuration, selection) = try file.features()
    try self.init(FeatureNetwork(configuration), selection, file, observe)
  }
}

extension ModelFile {
  /// Opens the weights of a model that a command of ours could make.
  init(trained kind: ModelKind, path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw InputError(
        path, expected: "the weights of a trained \(kind.noun)", found: "no such file",
        remedy: (kind.trainingCommand.map { "train it with `\($0)` or " } ?? "")
          + "correct the path")
    }
    try self.init(path: path)
  }
}

extension ModelKind {
  fileprivate var noun: String { self == .features ? "feature network" : rawValue }

  fileprivate var trainingCommand: String? {
    switch self {
    case .autoencoder: "flowturbo train-vae"
    case .predictor: "flowturbo train-predictor"
    case .refiner: "train-refiner"
    case .inception: nil
    case .features: "flowturbo train-features"
    }
  }
}
