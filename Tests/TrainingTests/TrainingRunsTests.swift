import CPUExecutor
import Diagnostics
import Foundation
import Models
import TensorGraph
import Testing

@testable import Training

/// Few steps of the three trainings, with models as small as they come.
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
  }
}
