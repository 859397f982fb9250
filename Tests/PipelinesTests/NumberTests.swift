import Checkpoints
import Configuration
import Diagnostics
import Evaluation
import Files
import Foundation
import Imaging
import PipelinesTestSupport
import Storage
import TemporaryFolders
import Testing

@testable import Pipelines

/// NaN and infinities are told where they first appear, by the name of what holds them.
@Suite struct NumberTests {
  private func withModels(_ scale: Float = 1, _ body: (TinyModels) throws -> Void) throws {
    try withTemporaryFolder { try body(TinyModels(in: $0, predictorScale: scale)) }
  }

  private func sample(_ models: TinyModels, to name: String, _ overrides: [String] = []) throws {
    let text = models.sampleConfiguration(output: "\(models.folder)/\(name)")
    let configuration = try ConfigurationFile(
      text: text, name: "sample.yaml", overrides: overrides
    ).decode(SampleConfiguration.self)
    try Sample(configuration, observe: { _ in }).run(resume: false)
  }

  /// Puts `value` into element `place` of a tensor, where it lies in the file.
  private func plant(_ value: Float, in path: String, _ name: String, at place: Int) throws {
    let range = try #require(try SafetensorsFile(path: path).plainRange(of: name))
    // Another file of the same name, as the old one may be mapped.
    var bytes = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
    withUnsafeBytes(of: value.bitPattern.littleEndian) {
      bytes.replaceSubrange(
        range.lowerBound + 4 * place..<range.lowerBound + 4 * place + 4, with: $0)
    }
    try AtomicFile.write(bytes, to: path)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func weightsAreNamed(value: Float) throws {
    try withModels { models in
      for (path, name) in [
        (models.predictor, "blocks.1.mlp.fc1.weight"), (models.refiner, "final_layer.linear.bias"),
        (models.vae, "decoder.conv_out.weight"),
      ] {
        let whole = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
        try plant(value, in: path, name, at: 5)
        let error = #expect(throws: InputError.self) { try sample(models, to: "a") }
        #expect(
          error?.description.hasPrefix(
            "\(path): tensor '\(name)': expected finite numbers, found \(value) in element 5")
            == true, "\(error?.description ?? "")")
        try AtomicFile.write(whole, to: path)
      }
      try sample(models, to: "b")
    }
  }

  @Test func weightsOfTheFeatureNetworkAreNamed() throws {
    try withModels { models in
      try write(randomImages(6, seed: 1), to: "\(models.folder)/images")
      let file = try SafetensorsFile(path: models.features)
      let name = try #require(file.names.first { $0.hasSuffix("weight") })
      try plant(.nan, in: models.features, name, at: 1)
      let error = #expect(throws: InputError.self) {
        try evaluate(models, "images", "images")
      }
      #expect(
        error?.description.hasPrefix("\(models.features): tensor '\(name)'") == true,
        "\(error?.description ?? "")")
    }
  }

  private func evaluate(_ models: TinyModels, _ reference: String, _ samples: String) throws
    -> EvaluationReport
  {
    var configuration = EvaluateConfiguration()
    configuration.evaluate.reference = "\(models.folder)/\(reference)"
    configuration.evaluate.samples = "\(models.folder)/\(samples)"
    configuration.evaluate.weights = models.features
    configuration.evaluate.metrics = [.fid, .precision, .recall]
    configuration.evaluate.cache = "\(models.folder)/cache"
    return try Evaluate(configuration, observe: { _ in }).run()
  }

  /// Whatever a network gives, a sampler ends, and says which sample it was.
  @Test(arguments: [
    "H2P1R1", "euler:3", "heun:3", "rk4:2", "ab3:4", "dpm++2m:4", "unipc2:4", "sde:4",
    "sde-heun:4", "heun21", "bs3", "dopri5", "adaptive:4",
  ])
  func everySolverEndsAtANetworkThatOverflows(plan: String) throws {
    try withModels(1e30) { models in
      for guidance in ["1.0", "4.0"] {
        let error = #expect(throws: (any Error).self, "\(plan)") {
          try sample(
            models, to: "a-\(guidance)", ["sampling.plan=\(plan)", "sampling.guidance=\(guidance)"])
        }
        let told = error as? any ExitCodeProviding
        #expect(
          told?.exitCode == .checkFailed || told?.exitCode == .badInput,
          "\(plan): \(String(describing: error))")
        #expect("\(String(describing: error))".contains("sample "), "\(String(describing: error))")
        let images = "\(models.folder)/a-\(guidance)/images"
        #expect((try? FileManager.default.contentsOfDirectory(atPath: images))?.isEmpty != false)
      }
    }
  }

  /// A decoder that overflows makes no black pictures.
  @Test func picturesAreNoNumbersEither() throws {
    try withModels { models in
      for place in 0..<40 {
        try plant(3e38, in: models.vae, "decoder.conv_out.weight", at: place)
      }
      let error = #expect(throws: NonFinitePicture.self) { try sample(models, to: "a") }
      #expect(error?.description.hasPrefix("sample 0: its decoded picture") == true)
      #expect(error?.exitCode == .checkFailed)
    }
  }

  @Test func latentsOfAFileAreNamedWithTheirImage() throws {
    try withModels { models in
      let folder = models.folder
      try writeImages(to: "\(folder)/images", count: 3)
      let text = """
        output: \(folder)/out
        predictor: {weights: \(models.predictor)}
        data:
          latents: \(folder)/latents.h5
          encode: {images: \(folder)/images, size: 8, vae: {weights: \(models.vae)}, batch: 2}
        likelihood: {plan: heun:3, batch: 4}
        """
      func run() throws {
        let configuration = try ConfigurationFile(text: text, name: "likelihood.yaml")
          .decode(LikelihoodConfiguration.self)
        _ = try Likelihood(configuration, observe: { _ in }).run(resume: false)
      }
      try run()
      try FileManager.default.removeItem(atPath: "\(folder)/out")
      // The posteriors of sample 4, whose place follows from its values.
      let path = "\(folder)/latents.h5"
      let file = try LatentsFile(path: path)
      var mean = [Float](repeating: 0, count: file.latentCount)
      var logVariance = mean
      try mean.withUnsafeMutableBufferPointer { mean in
        try logVariance.withUnsafeMutableBufferPointer {
          try file.read(index: 4, flip: false, mean: mean, logVariance: $0)
        }
      }
      var bytes = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
      let stored = mean.prefix(4).flatMap { withUnsafeBytes(of: $0, Array.init) }
      let place = try #require(Data(bytes).range(of: Data(stored))?.lowerBound)
      bytes.replaceSubrange(place + 8..<place + 12, with: [0, 0, 0xC0, 0x7F])
      try AtomicFile.write(bytes, to: path)
      let error = #expect(throws: InputError.self) { try run() }
      let source = try file.sourcePath(index: 4)
      #expect(
        error?.description.hasPrefix(
          "\(path): sample 4 (\(source)): expected a latent of finite numbers, found nan in "
            + "element 2") == true, "\(error?.description ?? "")")
    }
  }

  @Test func cachedFeaturesAreNamedWithTheirFile() throws {
    try withTemporaryFolder { folder in
      try write(randomImages(9, seed: 1), to: "\(folder)/real")
      try write(randomImages(8, seed: 2), to: "\(folder)/fake")
      let extractor = TinyExtractor()
      func run() throws -> EvaluationReport {
        try PipelinesTests.evaluate(
          "\(folder)/real", "\(folder)/fake", in: folder, with: extractor, metrics: [.fid, .kid])
      }
      let before = try run()
      for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cache")
      where name.hasSuffix(".h5") {
        let path = "\(folder)/cache/\(name)"
        let file = try FeaturesFile(path: path)
        let row = try file.read(.features, rows: 6..<7)
        let stored = row.flatMap { withUnsafeBytes(of: $0, Array.init) }
        let whole = try ReadOnlyFile(path).bytes(0..<ReadOnlyFile(path).size)
        let place = try #require(Data(whole).range(of: Data(stored))?.lowerBound)
        var bytes = whole
        bytes.replaceSubrange(place + 4..<place + 8, with: [0, 0, 0x80, 0x7F])
        try AtomicFile.write(bytes, to: path)
        let error = #expect(throws: InputError.self) { try run() }
        #expect(
          error?.description.hasPrefix("\(path): dataset 'features' of the ") == true
            && error?.description.contains("found inf in row 6, column 1") == true,
          "\(error?.description ?? "")")
        try AtomicFile.write(whole, to: path)
      }
      #expect(try run() == before)
    }
  }
}
