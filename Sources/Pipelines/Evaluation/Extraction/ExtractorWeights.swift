import Checkpoints
import CPUExecutor
import Diagnostics
import Evaluation
import Foundation
import Imaging
import ModelFiles
import Models
import TensorGraph

/// A file of weights of a feature network, before it is loaded.
struct ExtractorWeights {
  let path: String
  private let file: ModelFile

  /// Whether they are those of a feature network of ours, not Inception's.
  var isFeatureNetwork: Bool {
    file.file.metadata[ModelMetadata.kind] == ModelKind.features.rawValue
  }

  /// FID's Inception, as pytorch-fid's releases have it.
  static let inceptionFile = "pt_inception-2015-12-05-6726825d.pth"
  /// What SHA-256 of that file begins with: its name says so.
  static let inceptionHash = "6726825d"

  /// - Throws: `InputError` where the file is missing or holds no tensors.
  init(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw Self.missing(path) }
    self.path = path
    file = try ModelFile(path: path)
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
    _ evaluation: EvaluationProtocol, _ precision: Precision, batch: Int,
    _ observe: @escaping PipelineObserver
  ) throws -> any FeatureExtractor {
    if let input = evaluation.input {
      guard !isFeatureNetwork else {
        throw InputError(
          path, expected: "FID's Inception, as protocol \(evaluation.rawValue) needs",
          found: "a feature network", remedy: "use --protocol features, or \(Self.inceptionFile)")
      }
      return try inception(input, precision, batch: batch, observe)
    }
    guard isFeatureNetwork else {
      throw InputError(
        path, expected: "a feature network, as protocol features needs", found: "other weights",
        remedy: "use another --protocol, or data/quickstart/features.safetensors")
    }
    let loaded = try LoadedModel(features: path, observe)
    return try FeatureNetworkExtractor(
      loaded.model, weights: loaded.weights, weightsHash: loaded.identity, batch: batch,
      executor: CPUExecutor(precision: precision))
  }

  private func inception(
    _ input: FeatureInput, _ precision: Precision, batch: Int,
    _ observe: PipelineObserver
  ) throws -> InceptionExtractor {
    let selection = try file.inception()
    let origin = try file.origin(of: selection)
    observe(.note(origin.summary))
    guard case .inception(let classes) = selection.shape else {
      throw InputError(path, expected: "FID's Inception", found: selection.shape.summary)
    }
    return try InceptionExtractor(
      InceptionV3(classes: classes), checkpoint: file.read(selection),
      weightsHash: origin.identity, input: input, batch: batch,
      executor: CPUExecutor(precision: precision))
  }
}

extension ExtractorWeights {
  /// Multiply–adds of one image.
  func multiplyAdds() throws -> Double {
    guard isFeatureNetwork else { return Self.inceptionMultiplyAdds }
    let (configuration, _) = try file.features()
    return try FeatureNetwork(configuration).work()
  }

  /// Of InceptionV3 at 299 × 299 pixels.
  private static let inceptionMultiplyAdds = 5.7e9

  /// What says which weights these are.
  var identity: String {
    get throws {
      if isFeatureNetwork { return try file.origin(of: file.features().1).identity }
      return try file.origin(of: file.inception()).identity
    }
  }
}
