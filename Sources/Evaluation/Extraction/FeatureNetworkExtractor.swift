import CPUExecutor
import Imaging
import Models
import Storage
import TensorGraph

/// A feature network of ours, which results are named after.
public struct FeatureNetworkExtractor: FeatureExtractor {
  public let preparation: ImagePreparation
  public let weightsHash: String
  public let batch: Int
  public let inputShape: Shape
  private let configuration: FeatureNetworkConfiguration
  private let program: FeatureProgram

  public var name: String { configuration.name }

  /// - Parameter weightsHash: of the weights' file.
  public init(
    _ model: FeatureNetwork, weights: [String: HostTensor], weightsHash: String, batch: Int,
    executor: CPUExecutor
  ) throws {
    configuration = model.configuration
    self.weightsHash = weightsHash
    self.batch = batch
    let side = model.configuration.imageSize
    preparation = ImagePreparation(
      "bicubic\(executor.precision.suffix)", side: side
    ) { image, target in
      // Images of the network's own size are taken as they are.
      let resized = Resampling.resize(
        PixelArray(image), width: side, height: side, filter: .bicubic)
      let planes = RGBImage(width: side, height: side, pixels: resized.pixels).signedUnit()
      _ = target.update(fromContentsOf: planes)
    }
    inputShape = [batch, 3, side, side]
    let graph = Graph()
    let outputs = try model(graph.input(FeatureProgram.input, inputShape))
    program = try FeatureProgram(
      graph,
      [.features: outputs.features, .spatial: outputs.spatial, .logits: outputs.logits],
      variables: weights, executor: executor)
  }

  public func dimensions(of column: FeatureColumn) -> Int {
    switch column {
    case .features: configuration.featureWidth
    case .spatial: configuration.spatialWidth
    case .logits: configuration.classes
    }
  }

  public func extract(_ images: HostTensor) throws -> [FeatureColumn: HostTensor] {
    try program(images)
  }
}
