import CPUExecutor
import Diagnostics
import Foundation
import Models
import TemporaryFolders
import TensorGraph
import Testing

@testable import Training

/// Few steps of the four trainings, with models as small as they come.
@Suite struct TrainingRunsTests {
  private struct Latents: LatentSource {
    let count = 12
    var sampleShape: Shape = [4, 4, 4]
    let scale: Float = 1
    let labels = (0..<12).map { Int32($0 % 3) }
    func read(
      index: Int, flip: Bool, mean: UnsafeMutableBufferPointer<Float>,
      logVariance: UnsafeMutableBufferPointer<Float>
    ) {
      for i in mean.indices { mean[i] = cos(Float(i * (index + 1))) }
      logVariance.update(repeating: -2)
    }
  }

  private var teacher: SiTConfiguration {
    var configuration = SiTConfiguration()
    configuration.inputSize = 4
    configuration.hiddenSize = 16
    configuration.depth = 1
    configuration.heads = 2
    configuration.classes = 3
    return configuration
  }

  private var common: TrainingOptions {
    var options = TrainingOptions()
    options.steps = 3
    options.batch = 4
    options.heldOut.count = 4
    options.optimizer.learningRate = 1e-3
    return options
  }

  private func train(_ run: TrainingRun) throws -> (trainer: Trainer, steps: [StepReport]) {
    var steps: [StepReport] = []
    let trainer = try Trainer(
      run, start: .fresh(seed: 2), resume: false, executor: CPUExecutor()
    ) { if case .step(let report) = $0 { steps.append(report) } }
    #expect(try trainer.train() == .finished)
    return (trainer, steps)
  }

  @Test func predictorStartsAtZeroVelocity() throws {
    try withTemporaryFolder { folder in
      var options = PredictorTrainingOptions()
      options.common = common
      let run = try TrainingRun.predictor(
        SiT(teacher), latents: Latents(), options: options, seed: 2, output: folder,
        identity: RunIdentity([:]))
      let (_, steps) = try train(run)
      // The last layer starts at zero: the loss is the mean square of x1 − x0, about 1.5.
      #expect(abs(try #require(steps.first).loss - 1.5) < 0.5)
      #expect(steps.count == 3)
    }
  }

  @Test func refinerStartsAsTheZeroRefinerAndLeavesItsTeacher() throws {
    try withTemporaryFolder { folder in
      var options = RefinerTrainingOptions()
      options.common = common
      let predictor = try SiT(teacher)
      var weights = predictor.parameters.initialised(seed: 1)
      // A teacher whose velocity is not zero.
      let final = try #require(weights["final_layer.linear.weight"])
      for i in final.floats.indices { final.floats[i] = sin(Float(i)) }
      weights["final_layer.linear.weight"] = final
      let before = weights.mapValues { $0.array() }
      let refiner = try VelocityRefiner(RefinerConfiguration().network(for: teacher))
      let run = try TrainingRun.refiner(
        refiner, teacher: predictor, teacherWeights: weights, latents: Latents(),
        options: options, seed: 2, output: folder, identity: RunIdentity([:]))
      let (_, steps) = try train(run)
      let first = try #require(steps.first)
      let zero = try #require(first.parts.first)
      #expect(zero.name == VelocityOffsetLoss.zeroRefiner)
      #expect(first.loss > 0 && first.loss == zero.value)
      #expect(steps[2].loss != steps[2].parts[0].value)
      #expect(weights.mapValues { $0.array() } == before)
    }
  }

  @Test(arguments: [false, true]) func autoencoder(decoderOnly: Bool) throws {
    try withTemporaryFolder { folder in
      var configuration = AutoencoderConfiguration()
      configuration.channels = [8, 8]
      configuration.layersPerBlock = 1
      configuration.normGroups = 4
      let model = try AutoencoderKL(configuration)
      var options = AutoencoderTrainingOptions()
      options.common = common
      options.decoderOnly = decoderOnly
      let images = ImageSource(count: 10, side: 8) { index in
        (0..<192).map { UInt8(($0 * (index + 3)) % 256) }
      }
      let run = try TrainingRun.autoencoder(
        model, images: images, options: options, seed: 2, output: folder,
        identity: RunIdentity([:]))
      let (trainer, steps) = try train(run)
      let last = try #require(steps.last)
      #expect(last.parts.map(\.name) == ["mse", "kl"])
      #expect((last.loss == last.parts[0].value) == decoderOnly)
      let initial = model.parameters.initialised(seed: 2)
      for parameter in model.encoderParameters {
        let isUnchanged =
          trainer.state.variables[parameter.path]?.array() == initial[parameter.path]?.array()
        #expect(isUnchanged || !decoderOnly, "\(parameter.path)")
      }
      let path = "decoder.conv_out.weight"
      #expect(trainer.state.variables[path]?.array() != initial[path]?.array())
    }
  }

  private var features: FeatureNetworkConfiguration {
    var configuration = FeatureNetworkConfiguration()
    (configuration.imageSize, configuration.widths) = (8, [4, 8, 8])
    (configuration.normGroups, configuration.featureWidth) = (2, 15)
    (configuration.spatialChannels, configuration.classes) = (2, 3)
    return configuration
  }

  /// Images of three plain colours are told apart within a few steps.
  @Test func featuresTellClassesApart() throws {
    try withTemporaryFolder { folder in
      let images = ImageSource(count: 12, side: 8, labels: (0..<12).map { $0 % 3 }) { index in
        (0..<192).map { $0 % 3 == index % 3 ? 200 : UInt8(10 * index) }
      }
      var options = ClassificationTrainingOptions()
      options.common = common
      options.common.steps = 60
      options.common.optimizer.learningRate = 1e-2
      options.common.heldOut = HeldOutOptions()
      (options.common.heldOut.count, options.common.heldOut.every) = (3, 60)
      // Image 5 is left out: it can be in neither part.
      let run = try TrainingRun.features(
        FeatureNetwork(features), images: images, usable: (0..<12).filter { $0 != 5 },
        options: options, seed: 2, output: folder, identity: RunIdentity([:]))
      var steps: [StepReport] = []
      var heldOut: HeldOutResult?
      let trainer = try Trainer(
        run, start: .fresh(seed: 2), resume: false, executor: CPUExecutor()
      ) {
        if case .step(let report) = $0 { steps.append(report) }
        if case .heldOut(_, let result) = $0 { heldOut = result }
      }
      #expect(try trainer.train() == .finished)
      let (first, last) = (try #require(steps.first), try #require(steps.last))
      #expect(first.parts.map(\.name) == ["cross_entropy", "layout", "accuracy"])
      #expect(abs(first.parts[0].value - 1.0986) < 0.5)
      #expect(last.parts[0].value < 0.3 * first.parts[0].value)
      #expect(last.parts[1].value < first.parts[1].value)
      let result = try #require(heldOut)
      #expect(result.overall.count == 3)
      #expect(result.overall.model.parts["accuracy"] == 1)

      let batch = Batch(run.loss.inputs, count: 8)
      for step in 0..<10 {
        try run.batches.fill(batch, step: step)
        #expect(!batch.indices.contains(5))
      }
    }
  }

  @Test func latentsAndImagesOfWrongSizesAreRefused() throws {
    var options = PredictorTrainingOptions()
    options.common = common
    #expect(throws: InputError.self) {
      try TrainingRun.predictor(
        SiT(teacher), latents: Latents(sampleShape: [4, 8, 8]), options: options, seed: 0,
        output: "none", identity: RunIdentity([:]))
    }
    var autoencoder = AutoencoderTrainingOptions()
    autoencoder.common = common
    #expect(throws: InputError.self) {
      try TrainingRun.autoencoder(
        AutoencoderKL(AutoencoderConfiguration()),
        images: ImageSource(count: 9, side: 12) { _ in [] },
        options: autoencoder, seed: 0, output: "none", identity: RunIdentity([:]))
    }
    for (side, labels) in [
      (12, Array(repeating: 0, count: 9)), (8, []), (8, [0, 3, 1]), (8, [-1, 0, 1]),
    ] {
      var options = ClassificationTrainingOptions()
      options.common = common
      #expect(throws: InputError.self) {
        try TrainingRun.features(
          FeatureNetwork(features),
          images: ImageSource(count: labels.isEmpty ? 9 : labels.count, side: side, labels: labels)
          { _ in [] },
          options: options, seed: 0, output: "none", identity: RunIdentity([:]))
      }
    }
  }
}
