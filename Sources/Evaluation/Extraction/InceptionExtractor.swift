import CPUExecutor
import Diagnostics
import Imaging
import Models
import Storage
import TensorGraph

/// FID's Inception, with one of the ways in which images are shown to it.
public struct InceptionExtractor: FeatureExtractor {
  public static let networkName = "inception-v3"

  public let preparation: ImagePreparation
  public let weightsHash: String
  public let batch: Int
  public let inputShape: Shape
  private let model: InceptionV3
  private let program: FeatureProgram

  private static let features: [FeatureColumn: InceptionV3.Feature] = [
    // ADM's evaluator and torch-fidelity take the logits without the bias.
    .features: .pool2048, .spatial: .spatial, .logits: .unbiasedLogits,
  ]

  public var name: String { Self.networkName }

  /// - Parameters:
  ///   - checkpoint: the tensors of the checkpoint.
  ///   - weightsHash: of its file.
  /// - Throws: `InputError` where tensors are missing or do not fit.
  public init(
    _ model: InceptionV3, checkpoint: [String: HostTensor], weightsHash: String,
    input: FeatureInput, batch: Int, executor: CPUExecutor
  ) throws {
    self.model = model
    self.weightsHash = weightsHash
    self.batch = batch
    preparation = ImagePreparation(
      input.preparation(executor.precision), side: InceptionV3.side
    ) { image, target in
      input.write(image, side: InceptionV3.side, to: target)
    }
    inputShape = [batch, InceptionV3.side, InceptionV3.side, 3]
    let graph = Graph()
    let outputs = try model(
      graph.input(FeatureProgram.input, inputShape), Set(Self.features.values))
    program = try FeatureProgram(
      graph, Self.features.compactMapValues { outputs[$0] },
      variables: model.foldedVariables(from: checkpoint), executor: executor)
  }

  public func dimensions(of column: FeatureColumn) -> Int {
    Self.features[column].map(model.count) ?? 0
  }

  public func extract(_ images: HostTensor) throws -> [FeatureColumn: HostTensor] {
    try program(images)
  }
}
