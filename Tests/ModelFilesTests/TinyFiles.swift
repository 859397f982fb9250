import Checkpoints
import Diagnostics
import Foundation
import ModelFiles
import Models
import TensorGraph
import Testing

func fixture(_ name: String) throws -> String {
  try #require(Bundle.module.path(forResource: "Fixtures/formats/\(name)", ofType: nil))
}

/// Small networks for 4×4 latents of 4 channels, three classes, width 16, two heads.
enum Tiny {
  static let predictor: SiTConfiguration = {
    var network = SiTConfiguration()
    (network.inputSize, network.patchSize, network.inChannels) = (4, 2, 4)
    (network.hiddenSize, network.depth, network.heads) = (16, 2, 2)
    (network.classes, network.frequencyEmbeddingSize) = (3, 16)
    return network
  }()

  static let refiner: SiTConfiguration = {
    var network = predictor
    (network.velocityInput, network.depth) = (true, 1)
    return network
  }()

  static let autoencoder: AutoencoderConfiguration = {
    var autoencoder = AutoencoderConfiguration()
    (autoencoder.channels, autoencoder.layersPerBlock, autoencoder.normGroups) = ([8, 16], 1, 4)
    return autoencoder
  }()

  /// What a configuration must say of the networks, whose heads no shape shows.
  static let heads: StatedNetwork = {
    var stated = StatedNetwork()
    stated.heads = 2
    return stated
  }()

  static let groups: StatedAutoencoder = {
    var stated = StatedAutoencoder()
    stated.normGroups = 4
    return stated
  }()

  /// Weights of `shape` as records named by `name`; nil leaves one out. Each value is
  /// `value` plus the index of its tensor.
  static func records(
    _ shape: ModelShape, value: Float = 0, as storage: FloatStorage = .float32,
    name: (String) -> String? = { $0 }
  ) throws -> [TensorRecord] {
    try shape.parameters().enumerated().compactMap { index, parameter in
      name(parameter.path).map {
        TensorRecord(
          $0, shape: parameter.shape.dimensions,
          floats: Array(repeating: value + Float(index), count: parameter.shape.elementCount),
          as: storage)
      }
    }
  }
}

extension [TensorRecord] {
  /// Writes them to a file and opens it.
  func file(_ path: String, metadata: [String: String] = [:]) throws -> ModelFile {
    try SafetensorsWriter.write(self, metadata: metadata, to: path)
    return try ModelFile(path: path)
  }
}

/// Expects an `InputError` of one line with this text, the path of the file as `FILE`.
func expectError(
  _ text: String, _ file: ModelFile, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  let error = #expect(throws: InputError.self, sourceLocation: sourceLocation) { try body() }
  let found = error?.description.replacing(file.path, with: "FILE")
  #expect(found == text, sourceLocation: sourceLocation)
}
