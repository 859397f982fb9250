import Checkpoints
import CPUExecutor
import Diagnostics
import Evaluation
import Files
import Foundation
import Imaging
import ModelFiles
import Models
import TensorGraph

/// A file of weights of a feature network, before it is loaded.
struct ExtractorWeights {
  let path: String
  /// Whether they are those of a feature network of ours, not Inception's.
  let isFeatureNetwork: Bool

  /// FID's Inception, as pytorch-fid's releases have it.
  static let inceptionFile = "pt_inception-2015-12-05-6726825d.pth"
  /// What SHA-256 of that file begins with: its name says so.
  static let inceptionHash = "6726825d"

  /// - Throws: `InputError` where the file is missing or holds no tensors.
  init(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw Self.missing(path) }
    self.path = path
    let file = try TensorFiles.open(path)
    isFeatureNetwork = file.metadata[ModelMetadata.kind] == ModelKind.features.rawValue
  }

  /// What to say where there are none.
  static func missing(_ path: String?) -> InputError {
    InputError(
      path ?? "evaluate.weights", expected: "the weights of the feature network",
      found: path == nil ? "none given" : "no such file",
      remedy: "get \(inceptionFile) from the releases of mseitzer/pytorch-fid (docs/weights.md) "
        + "and name it with --weights, or name data/quickstart/features.safetensors for images "
        + "of the rendered solids")
  }

  /// Loads the network that the protocol needs.
  /// - Throws: `InputError` where the weights are of another network.
  func extractor(
    _ evaluation: EvaluationProtocol, batch: Int, _ observe: @escaping PipelineObserver
  ) throws -> any FeatureExtractor {
    if let input = evaluation.input {
      guard !isFeatureNetwork else {
        throw InputError(
          path, expected: "FID's Inception, as protocol \(evaluation.rawValue) needs",
          found: "a feature network", remedy: "use --protocol features, or \(Self.inceptionFile)")
      }
      return try inception(input, batch: batch, observe)
    }
    guard isFeatureNetwork else {
      throw InputError(
        path, expected: "a feature network, as protocol features needs", found: "other weights",
        remedy: "use another --protocol, or data/quickstart/features.safetensors")
    }
    let loaded = try LoadedModel(features: path, observe)
    return try FeatureNetworkExtractor(
      loaded.model, weights: loaded.weights, weightsHash: loaded.identity, batch: batch,
      executor: CPUExecutor())
  }

  private func inception(
    _ input: FeatureInput, batch: Int, _ observe: PipelineObserver
  ) throws -> InceptionExtractor {
    let file = try TensorFiles.open(path)
    let model = try InceptionV3()
    let shapes = Dictionary(
      uniqueKeysWithValues: file.names.compactMap { name in
        file.tensor(named: name).map { (name, Shape($0.shape)) }
      })
    guard shapes["Conv2d_1a_3x3.conv.weight"] != nil else {
      throw InputError(
        path, expected: "FID's Inception (\(Self.inceptionFile))", found: "other weights",
        remedy: "`flowturbo inspect` says what is in a file")
    }
    try model.parameters.check(shapes, in: path)
    var checkpoint: [String: HostTensor] = [:]
    for parameter in model.parameters where shapes[parameter.path] != nil {
      checkpoint[parameter.path] = try file.hostTensor(parameter.path, shape: parameter.shape)
    }
    let hash = try FileHash.sha256(ofFile: path)
    observe(.note("\(path): FID's Inception-v3, SHA-256 \(hash.prefix(8))…"))
    return try InceptionExtractor(
      model, checkpoint: checkpoint, weightsHash: hash, input: input, batch: batch,
      executor: CPUExecutor())
  }
}
