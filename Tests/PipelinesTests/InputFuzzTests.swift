import Checkpoints
import Configuration
import Diagnostics
import Files
import Foundation
import FuzzSupport
import Imaging
import Models
import PipelinesTestSupport
import Storage
import TemporaryFolders
import Testing

@testable import Pipelines

/// Damaged files of what commands take beside images and configurations, read as they read them.
@Suite struct InputFuzzTests {
  private static let bounds = DamagedFiles(shortForm: 300)

  private static func bytes(_ path: String) throws -> [UInt8] {
    let file = try ReadOnlyFile(path)
    return try file.bytes(0..<file.size)
  }

  /// Statistics and images of an npz, for `evaluate`.
  @Test func evaluationArchives() throws {
    let corpus = try withTemporaryFolder { folder in
      let images = randomImages(3, seed: 1)
      let floats = [Float](repeating: 0.25, count: 4)
      let both = [
        TensorRecord("mu", shape: [2], floats: [1, 2]),
        TensorRecord("sigma", shape: [2, 2], floats: floats),
      ]
      let pictures = TensorRecord(
        "arr_0", shape: [3, 4, 4, 3], type: .uint8, bytes: images.flatMap(\.pixels))
      try NPZWriter.write(both, to: "\(folder)/a.npz")
      try NPZWriter.write([pictures], to: "\(folder)/b.npz")
      try NPZWriter.write([pictures] + both, to: "\(folder)/c.npz")
      return try ["a", "b", "c"].map { try Self.bytes("\(folder)/\($0).npz") }
    }
    try Self.bounds.run("evaluation-npz", corpus: corpus) { path in
      let input = try EvaluationInput(path)
      guard let images = input.images else { return }
      let contents = try images.contents(workers: 1) { _ in }
      let decode = try images.decoder(0..<images.count)
      for index in 0..<min(images.count, 4) { _ = try decode(index).get() }
      guard contents.count == images.count else {
        throw DamagedFiles.Contradiction("\(contents.count) contents of \(images.count)")
      }
    }
  }

  /// Weights of every kind, with what they say of themselves.
  @Test func weights() throws {
    let corpus = try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      return try [models.predictor, models.refiner, models.vae, models.features].map(Self.bytes)
    }
    try Self.bounds.run("weights", corpus: corpus) { path in
      var network = NetworkReference()
      network.weights = path
      var vae = AutoencoderReference()
      vae.weights = path
      let readers: [() throws -> Void] = [
        { _ = try network.loadPredictor { _ in } }, { _ = try network.loadRefiner { _ in } },
        { _ = try vae.load { _ in } },
        { _ = try LoadedModel<FeatureNetwork>(features: path) { _ in } },
      ]
      var refusal: InputError?
      for read in readers {
        do { return try read() } catch let error as InputError { refusal = error }
      }
      if let refusal { throw refusal }
    }
  }

  /// What `sample` says of its folder, which `evaluate` and `--resume` read.
  @Test func manifests() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let configuration = try ConfigurationFile(
        text: models.sampleConfiguration(output: "\(folder)/run", count: 2), name: "sample.yaml"
      ).decode(SampleConfiguration.self)
      try Sample(configuration, observe: { _ in }).run(resume: false)
      let corpus = [try Self.bytes("\(folder)/run/manifest.json")]
      try Self.bounds.run("manifest", corpus: corpus) { path in
        let place = "\(folder)/run/manifest.json"
        try AtomicFile.write(Self.bytes(path), to: place, durable: false)
        do {
          _ = try EvaluationInput("\(folder)/run").labels
          _ = try SampleManifest.read(in: "\(folder)/run")
        } catch let error as InputError {
          guard error.description.contains("\(folder)/run") else { throw error }
          throw InputError("\(path): \(error)")
        }
      }
    }
  }
}
