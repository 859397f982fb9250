import CPUExecutor
import Configuration
import Diagnostics
import Foundation
import FuzzSupport
import Models
import PipelinesTestSupport
import Synchronization
import TemporaryFolders
import Testing

@testable import Pipelines

/// Estimates of models as large as configurations allow: a number, or an error of one line, never
/// an overflow.
@Suite(.serialized) struct DryRunLimitTests {
  init() {
    // As the tests beside it do: oneDNN does not bear a number that changes as it runs.
    CPUExecutor.threads = 1
  }

  private static let isLong = DamagedFiles.mutations != nil
  private static let clock = ContinuousClock()

  private func expectAnswer(
    _ name: String, _ overrides: [String], sourceLocation: SourceLocation = #_sourceLocation,
    _ dryRun: () throws -> Void
  ) throws {
    let time = try Self.clock.measure {
      do {
        try dryRun()
      } catch let error as InputError {
        #expect(
          !error.description.isEmpty && error.description.utf8.count < 2000,
          sourceLocation: sourceLocation)
      }
    }
    #expect(
      time < .seconds(120), "\(name) \(overrides): \(time)", sourceLocation: sourceLocation)
  }

  /// The long form takes larger models, whose graphs take a while.
  private static let predictorLimits: [[String]] =
    [
      ["training.batch=65536"], ["training.steps=1000000000", "training.checkpoint.keep=1000000"],
      [
        "model.hiddenSize=4", "model.heads=1", "model.depth=1", "model.inputSize=1",
        "model.patchSize=1", "model.inChannels=1", "model.mlpRatio=0.25", "model.classes=1",
        "model.frequencyEmbeddingSize=2", "training.batch=1", "training.steps=1",
      ],
      // Rows beyond 32 bits.
      [
        "model.depth=1", "model.inputSize=256", "model.patchSize=1", "training.batch=65536",
        "model.heads=1", "model.hiddenSize=64",
      ],
    ]
    + (isLong
      ? [
        ["model.hiddenSize=65536", "model.heads=1024"], ["model.depth=1024"],
        ["model.classes=1000000"], ["model.inChannels=256"], ["model.mlpRatio=16"],
        ["model.frequencyEmbeddingSize=65536"],
      ] : [])

  @Test(arguments: predictorLimits)
  func predictors(overrides: [String]) throws {
    let text = "output: x\ndata: {latents: l.h5}\ntraining: {steps: 10}\n"
    let configuration = try ConfigurationFile(text: text, name: "c.yaml", overrides: overrides)
      .decode(TrainPredictorConfiguration.self)
    try expectAnswer("predictor", overrides) {
      try TrainPredictor(configuration, observe: { _ in }).dryRun()
    }
  }

  private static let autoencoderLimits: [[String]] = [
    ["autoencoder.channels=[65536]", "autoencoder.normGroups=1024"], ["data.size=4096"],
    ["autoencoder.channels=[32]", "data.size=4096", "training.batch=65536"],
    ["autoencoder.channels=[32, 32, 32, 32, 32, 32, 32, 32]", "data.size=128"],
    ["autoencoder.latentChannels=1024"], ["autoencoder.layersPerBlock=\(isLong ? 256 : 4)"],
    ["autoencoder.channels=[1]", "autoencoder.normGroups=1", "data.size=8"],
    [
      "autoencoder.channels=[65536, 65536, 65536, 65536, 65536, 65536, 65536, 65536]",
      "data.size=4096", "training.batch=65536", "autoencoder.latentChannels=1024",
      "training.checkpoint.keep=1000000", "training.steps=1000000000",
    ],
  ]

  @Test(arguments: autoencoderLimits)
  func autoencoders(overrides: [String]) throws {
    let text = "output: x\ndata: {images: i}\ntraining: {steps: 10}\n"
    let configuration = try ConfigurationFile(text: text, name: "c.yaml", overrides: overrides)
      .decode(TrainVAEConfiguration.self)
    let training = TrainVAE(configuration, observe: { _ in })
    try expectAnswer("autoencoder", overrides) { try training.dryRun() }
    try expectAnswer("autoencoder", overrides) { _ = try training.work() }
  }

  private static let networkLimits: [[String]] = [
    ["network.widths=[4096, 4096, 4096]", "training.batch=65536"],
    ["network.imageSize=1024", "data.size=1024"], ["network.classes=65536"],
    [
      "network.widths=[4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096]", "network.imageSize=1024",
      "data.size=1024", "network.featureWidth=4096", "network.spatialChannels=4096",
      "network.classes=65536", "training.batch=65536", "training.steps=1000000000",
    ],
    [
      "network.widths=[1, 1, 1]", "network.normGroups=1", "network.imageSize=8", "data.size=8",
      "network.featureWidth=10", "network.spatialChannels=1", "network.classes=2",
    ],
  ]

  @Test(arguments: networkLimits)
  func featureNetworks(overrides: [String]) throws {
    let text = "output: x\ndata: {images: i, size: 64}\ntraining: {steps: 10}\n"
    let configuration = try ConfigurationFile(text: text, name: "c.yaml", overrides: overrides)
      .decode(TrainFeaturesConfiguration.self)
    try expectAnswer("features", overrides) {
      try TrainFeatures(configuration, observe: { _ in }).dryRun()
    }
  }

  /// A network of a small file on a path of many samples.
  @Test func sampling() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      for overrides in [
        ["sampling.count=100000000"],
        ["sampling.count=100000000", "sampling.batch=64", "sampling.guidance=1000"],
        ["sampling.indices=99999999..<100000000", "sampling.count=100000000"],
      ] {
        let configuration = try ConfigurationFile(
          text: models.sampleConfiguration(output: "\(folder)/out"), name: "c.yaml",
          overrides: overrides
        ).decode(SampleConfiguration.self)
        let sample = Sample(configuration, observe: { _ in })
        try expectAnswer("sample", overrides) { try sample.dryRun() }
        try expectAnswer("sample", overrides) { _ = try sample.work(refinerNetwork: nil) }
      }
    }
  }

  @Test func productsOfSizesAreBounded() {
    #expect(Amounts.product(3, 5, 7) == 105)
    #expect(Amounts.product(0, .max) == 0)
    let most = Amounts.product(.max, .max)
    #expect(most == Amounts.product(1 << 40, 1 << 40) && most == 1 << 58)
    // Sums of a few do not overflow.
    #expect(most * 16 > 0)
  }

  @Test func hopelessNeedsOfMemoryAreErrors() throws {
    let said = Mutex(0)
    let observe: PipelineObserver = { _ in said.withLock { $0 += 1 } }
    try checkMemory(1 << 30, available: 1 << 30, to: observe)
    try checkMemory(15 << 30, available: 1 << 30, to: observe)
    #expect(said.withLock { $0 } == 1)
    let error = #expect(throws: InputError.self) {
      try checkMemory(16 << 30, available: 1 << 30, to: observe)
    }
    #expect(
      error?.description == "memory: expected a run that fits into 1 GiB, found one of about "
        + "16 GiB; lower the batch size or the model's")
    try checkMemory(.max, available: .max, to: observe)
  }
}
