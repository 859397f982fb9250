import CPUExecutor
import Foundation
import Imaging
import Models
import Solids
import TensorGraph
import Testing

@testable import Pipelines

@Suite struct ShippedFeaturesTests {
  /// The network in data/quickstart tells solids apart that it has never seen.
  @Test func theShippedNetworkKnowsItsSolids() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("data/quickstart/features.safetensors").path
    let loaded = try LoadedModel<FeatureNetwork>(features: path, Said().observer)
    let shape = loaded.model.configuration
    #expect(shape.name == "solids-features")
    let (classes, each) = (SolidClass.allCases, 4)
    #expect(shape.classes == classes.count)

    let count = classes.count * each
    let images = HostTensor(shape: [count, 3, shape.imageSize, shape.imageSize])
    let length = images.shape.elementCount / count
    for row in 0..<count {
      let pixels = try SolidDataset.image(
        class: classes[row / each], index: UInt32(row), seed: 77, size: shape.imageSize)
      let image = RGBImage(width: shape.imageSize, height: shape.imageSize, pixels: pixels)
      for (place, value) in image.signedUnit().enumerated() {
        images.floats[row * length + place] = value
      }
    }
    let graph = Graph()
    let outputs = try loaded.model(graph.input("images", images.shape))
    graph.output("logits", outputs.logits)
    let program = try CPUExecutor().compile(graph, variables: loaded.weights, frozen: true)
    let logits = try #require(try program.run(["images": images])["logits"]).array()
    let right = (0..<count).count { row in
      let own = logits[row * shape.classes..<(row + 1) * shape.classes]
      return own.firstIndex(of: own.max() ?? 0).map { $0 - own.startIndex } == row / each
    }
    #expect(right >= count - 1)
  }
}
