import Checkpoints
import Configuration
import Diagnostics
import Files
import Foundation
import ModelFiles
import Models
import PipelinesTestSupport
import Storage
import TemporaryFolders
import TensorGraph
import Testing
import Training

@testable import Pipelines

/// Pipelines on files as other programs leave them: wrapped, with averages, without metadata.
@Suite struct OfficialWeightsTests {
  /// A checkpoint of the model at `path`: its weights under `model/`, and other averages.
  private func wrap(_ path: String, as kind: ModelKind, to output: String) throws {
    let file = try ModelFile(path: path)
    let weights = try file.read(file.selection(kind))
    func records(_ container: String, scale: Float) -> [TensorRecord] {
      weights.map { name, tensor in
        TensorRecord(
          container + name, shape: tensor.shape.dimensions,
          floats: tensor.array().map { $0 * scale })
      }
    }
    let state = TensorRecord("opt/state/0/exp_avg", shape: [1], floats: [0])
    try SafetensorsWriter.write(
      records("model/", scale: 1) + records("ema/", scale: 0.5) + [state], to: output)
  }

  private func withCheckpoints(_ body: (TinyModels) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      try wrap(models.predictor, as: .predictor, to: "\(folder)/p.safetensors")
      try wrap(models.vae, as: .autoencoder, to: "\(folder)/v.safetensors")
      try body(models)
    }
  }

  @discardableResult
  private func sample(_ models: TinyModels, to name: String, _ overrides: [String]) throws -> Said {
    let said = Said()
    let text = models.sampleConfiguration(output: "\(models.folder)/\(name)", count: 2, batch: 2)
    let configuration = try ConfigurationFile(text: text, name: "s.yaml", overrides: overrides)
      .decode(SampleConfiguration.self)
    try Sample(configuration, observe: said.observer).run(resume: false)
    return said
  }

  private func latents(_ models: TinyModels, _ name: String) throws -> [Float] {
    try SafetensorsFile(path: "\(models.folder)/\(name)/latents.safetensors").floats("latents")
  }

  @Test func samplesSayWhichWeightsTheyAreOf() throws {
    try withCheckpoints { models in
      let checkpoint = [
        "predictor.weights=\(models.folder)/p.safetensors", "predictor.model.heads=2",
      ]
      try sample(models, to: "plain", [])
      let averaged = try sample(models, to: "ema", checkpoint)
      try sample(models, to: "raw", checkpoint + ["predictor.use=raw"])
      #expect(try latents(models, "raw") == latents(models, "plain"))
      #expect(try latents(models, "ema") != latents(models, "plain"))

      #expect(
        averaged.contains(
          "p.safetensors: predictor SiT of width 16, depth 2, patch 2, "
            + "ema weights (the file has raw ones too)"))
      for name in ["ema", "raw"] {
        let manifest = try #require(try SampleManifest.read(in: "\(models.folder)/\(name)"))
        #expect(manifest.weights["predictor"]?.weights == name)
        #expect(manifest.weights["vae"]?.weights == "ema")
        let hash = try FileHash.sha256(ofFile: "\(models.folder)/p.safetensors")
        #expect(manifest.weights["predictor"]?.sha256 == hash)
        #expect(manifest.identity["predictor (SHA-256)"] == "\(hash)/\(name)")
      }
      // The other set in the same folder would be a mixture.
      let error = #expect(throws: InputError.self) {
        try sample(models, to: "ema", checkpoint + ["predictor.use=raw"])
      }
      #expect(error?.description.contains("predictor (SHA-256)") == true)
    }
  }

  @Test func latentsSayWhichWeightsMadeThem() throws {
    try withCheckpoints { models in
      try writeImages(to: "\(models.folder)/images", count: 2)
      var options = EncodingOptions()
      (options.images.images, options.images.size) = ("\(models.folder)/images", 8)
      options.vae.weights = "\(models.folder)/v.safetensors"
      options.vae.autoencoder = StatedAutoencoder()
      options.vae.autoencoder?.normGroups = 4
      let said = Said()
      let path = "\(models.folder)/latents.h5"
      try Encode(options, path: path, observe: said.observer).run()
      #expect(said.contains("scaling factor 0.18215 by default"))
      let about = try LatentsFile(path: path).description
      #expect(about.vaeHash == (try FileHash.sha256(ofFile: options.vae.weights)) + "/ema")
      let recorded = try ConfigurationFile(text: about.configuration, name: "latents")
        .decode(EncodingOptions.self)
      #expect(recorded.vae.use == .ema)
      #expect(recorded.vae.autoencoder?.scalingFactor == 0.18215)
      // The other set is another autoencoder.
      var set = LatentSetOptions()
      (set.latents, set.encode) = (path, options)
      let same = Said()
      _ = try set.file(same.observer)
      #expect(!same.contains("another autoencoder"))
      set.encode?.vae.use = .raw
      let other = Said()
      _ = try set.file(other.observer)
      #expect(other.contains("another autoencoder"))
    }
  }

  @Test func refinersSayWhoTaughtThem() throws {
    try withCheckpoints { models in
      try writeImages(to: "\(models.folder)/images", count: 6)
      let text = """
        output: \(models.folder)/run
        data:
          latents: \(models.folder)/latents.h5
          encode: {images: \(models.folder)/images, size: 8, vae: {weights: \(models.vae)}}
        teacher: {weights: \(models.folder)/p.safetensors, use: raw, model: {heads: 2}}
        training: {steps: 1, batch: 2, heldOut: {count: 0}}
        """
      let said = Said()
      let configuration = try ConfigurationFile(text: text, name: "r.yaml")
        .decode(TrainRefinerConfiguration.self)
      _ = try TrainRefiner(configuration, observe: said.observer).run(resume: false)
      #expect(said.contains("raw weights (the file has ema ones too)"))
      let metadata = try SafetensorsFile(path: "\(models.folder)/run/refiner.safetensors").metadata
      #expect(metadata["teacherWeights"] == "raw")
      #expect(
        try metadata["teacher"] == FileHash.sha256(ofFile: "\(models.folder)/p.safetensors"))
    }
  }

  /// A run starts from any file of its model.
  @Test func runsStartFromCheckpoints() throws {
    try withCheckpoints { models in
      try writeImages(to: "\(models.folder)/images", count: 6)
      let network = try ModelFile(path: models.predictor).network(.predictor).configuration
      func configuration(_ output: String, depth: Int) throws -> TrainPredictorConfiguration {
        var configuration = TrainPredictorConfiguration()
        configuration.output = "\(models.folder)/\(output)"
        configuration.data.latents = "\(models.folder)/latents.h5"
        var encode = EncodingOptions()
        (encode.images.images, encode.images.size) = ("\(models.folder)/images", 8)
        encode.vae.weights = models.vae
        configuration.data.encode = encode
        configuration.model = network
        configuration.model.depth = depth
        configuration.training.options.common.steps = 1
        configuration.training.options.common.batch = 2
        configuration.training.options.common.heldOut.count = 0
        configuration.training.options.common.optimizer.learningRate = 1e-30
        return configuration
      }
      let said = Said()
      let initial = "\(models.folder)/p.safetensors"
      _ = try TrainPredictor(configuration("run", depth: 2), observe: said.observer)
        .run(resume: false, initial: initial)
      #expect(said.contains("initial weights: \(initial): predictor SiT of width 16"))
      let trained = try SafetensorsFile(path: "\(models.folder)/run/model.safetensors")
      let source = try ModelFile(path: initial).file
      let name = "blocks.1.mlp.fc2.weight"
      #expect(try trained.floats(name) == source.floats("ema/\(name)"))

      let error = #expect(throws: InputError.self) {
        try TrainPredictor(configuration("other", depth: 1), observe: said.observer)
          .run(resume: false, initial: initial)
      }
      #expect(error?.description.hasSuffix("; it is of another depth (2, not 1)") == true)
    }
  }
}
