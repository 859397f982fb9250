import Configuration
import Diagnostics
import Foundation
import ModelFiles
import Models
import Pipelines
import Sampling
import Testing
import Training

/// The repository's `configs/quickstart/<name>.yaml`, with errors that say `<name>.yaml`.
private func quickstart(_ name: String, overrides: [String] = []) throws -> ConfigurationFile {
  let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let url = root.appendingPathComponent("configs/quickstart/\(name).yaml")
  let text = try String(contentsOf: url, encoding: .utf8)
  return try ConfigurationFile(text: text, name: "\(name).yaml", overrides: overrides)
}

private func expectRoundTrip<Schema: ConfigurationSchema & Equatable>(
  _ schema: Schema, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let yaml = try ResolvedConfiguration(schema).yaml
  let again = try ConfigurationFile(text: yaml, name: "resolved").decode(Schema.self)
  #expect(again == schema, sourceLocation: sourceLocation)
  #expect(try ResolvedConfiguration(again).yaml == yaml, sourceLocation: sourceLocation)
}

@Suite struct QuickstartConfigurationTests {
  @Test func vae() throws {
    let configuration = try quickstart("vae").decode(TrainVAEConfiguration.self)
    #expect(configuration.autoencoder.channels == [16, 32, 64])
    #expect(configuration.autoencoder.downsampling == 4)
    try expectRoundTrip(configuration)
  }

  @Test func vaeIsOneOfColourImages() throws {
    var configuration = try quickstart("vae").decode(TrainVAEConfiguration.self)
    configuration.autoencoder.outChannels = 4
    let error = #expect(throws: InvalidField.self) { try configuration.validate() }
    #expect(error?.description.contains("autoencoder.outChannels") == true)
  }

  @Test func predictor() throws {
    let configuration = try quickstart("predictor").decode(TrainPredictorConfiguration.self)
    #expect(configuration.model.depth >= 12)
    #expect(configuration.model.multiplyAdds < 200e6)
    #expect(configuration.training.options.time == .logitNormal(mean: 0, std: 1))
    #expect(configuration.data.encode?.images.render?.perClass == 3000)
    try expectRoundTrip(configuration)
  }

  @Test func refiner() throws {
    let configuration = try quickstart("refiner").decode(TrainRefinerConfiguration.self)
    #expect(configuration.training.options.offset == TimeOffsetOptions())
    #expect(
      configuration.training.samples?.plans.map(\.description) == ["H8", "H4P3R2", "H1P5R3"])
    try expectRoundTrip(configuration)
  }

  @Test func features() throws {
    let configuration = try quickstart("features").decode(TrainFeaturesConfiguration.self)
    #expect(configuration.network.name == "solids-features")
    #expect(configuration.network.imageSize == 64)
    // What the shipped predictor was trained on, so that nothing is rendered twice.
    let predictor = try quickstart("predictor").decode(TrainPredictorConfiguration.self)
    #expect(configuration.data == predictor.data.encode?.images)
    try expectRoundTrip(configuration)
  }

  @Test func sample() throws {
    let configuration = try quickstart("sample").decode(SampleConfiguration.self)
    #expect(configuration.sampling.guidanceChannels == .firstThree)
    #expect(configuration.sampling.labels == .balanced)
    try expectRoundTrip(configuration)
  }

  @Test func compare() throws {
    let configuration = try quickstart("compare").decode(CompareConfiguration.self)
    #expect(configuration.sampling.plans.map(\.description) == ["H8", "H4P3R2", "H1P5R3"])
    #expect(configuration.refiners.map(\.name) == ["shipped", "own"])
    #expect(configuration.refiners.map(\.value.optional) == [false, true])
    let yaml = try ResolvedConfiguration(configuration).yaml
    let again = try ConfigurationFile(text: yaml, name: "resolved").decode(
      CompareConfiguration.self)
    #expect(try ResolvedConfiguration(again).yaml == yaml)
  }

  @Test func likelihood() throws {
    let configuration = try quickstart("likelihood").decode(LikelihoodConfiguration.self)
    #expect(configuration.likelihood.guidance == 1)
    // Not the images that the shipped predictor was trained on.
    let predictor = try quickstart("predictor").decode(TrainPredictorConfiguration.self)
    let seeds = [configuration.data, predictor.data].map { $0.encode?.images.render?.seed }
    #expect(seeds == [1, 0])
    try expectRoundTrip(configuration)
    let other = try quickstart(
      "likelihood",
      overrides: [
        "likelihood.plan=dopri5", "likelihood.times=cosine", "likelihood.trace=gaussian",
        "likelihood.probes=4", "likelihood.classes=every", "likelihood.latents=mean",
        "likelihood.count=7", "likelihood.atol=1e-4",
      ]
    ).decode(LikelihoodConfiguration.self)
    #expect(other.likelihood.options.trace == .hutchinson(.gaussian, probes: 4))
    #expect(other.likelihood.options.solver.absoluteTolerance == 1e-4)
    try expectRoundTrip(other)
  }

  @Test func encodeFillsWhatTheOthersRead() throws {
    let configuration = try quickstart("encode").decode(EncodeConfiguration.self)
    let data = try quickstart("refiner").decode(TrainRefinerConfiguration.self).data
    #expect(data.latents == configuration.output + "/latents.h5")
    #expect(data.encode == configuration.encode)
    try expectRoundTrip(configuration)
  }

  @Test func scriptKeysCanBeSet() throws {
    for name in ["vae", "predictor", "refiner", "features"] {
      let file = try quickstart(
        name, overrides: ["output=runs/there", "seed=7", "training.steps=500"])
      switch name {
      case "vae":
        let it = try file.decode(TrainVAEConfiguration.self)
        #expect((it.output, it.seed, it.training.options.common.steps) == ("runs/there", 7, 500))
      case "predictor":
        let it = try file.decode(TrainPredictorConfiguration.self)
        #expect((it.output, it.seed, it.training.options.common.steps) == ("runs/there", 7, 500))
      case "features":
        let it = try file.decode(TrainFeaturesConfiguration.self)
        #expect((it.output, it.seed, it.training.options.common.steps) == ("runs/there", 7, 500))
      default:
        let it = try file.decode(TrainRefinerConfiguration.self)
        #expect((it.output, it.seed, it.training.options.common.steps) == ("runs/there", 7, 500))
      }
    }
    let sample = try quickstart(
      "sample",
      overrides: [
        "output=there", "seed=7", "sampling.plan=[H1P1R1]x3", "sampling.count=12",
        "sampling.guidance=4", "sampling.labels=[0, 3]", "sampling.indices=0..<6",
      ]
    ).decode(SampleConfiguration.self)
    #expect(sample.sampling.plan.description == "[H1P1R1]x3")
    #expect((sample.sampling.count, sample.sampling.guidance) == (12, 4))
    #expect(sample.sampling.labels == .classes([0, 3]))
    #expect(sample.sampling.indices == 0..<6)
    try expectRoundTrip(sample)

    for (text, times) in [
      ("uniform", TimeSpacing.uniform), ("cosine", .cosine), ("{shift: 3.0}", .shift(3)),
      ("shift:2", .shift(2)), ("[0, 0.25, 0.5, 1]", .list([0, 0.25, 0.5, 1])),
    ] {
      let solver = try quickstart(
        "sample",
        overrides: [
          "sampling.plan=ab3:3", "sampling.times=\(text)", "sampling.atol=1e-4",
          "sampling.rtol=0.01",
          "sampling.sde={diffusion: increasing-decreasing, norm: 0.5, lastStep: tweedie}",
        ]
      ).decode(SampleConfiguration.self)
      #expect(solver.sampling.solver.times == times)
      #expect(solver.sampling.solver.relativeTolerance == 0.01)
      #expect(solver.sampling.solver.diffusion.form == .increasingDecreasing)
      try expectRoundTrip(solver)
    }
  }
}

@Suite struct SchemaTests {
  @Test func everyOptionRoundTrips() throws {
    var predictor = try quickstart(
      "predictor",
      overrides: [
        "model={size: XL/2, inputSize: 64, depth: 3}", "training.time=null",
        "training.optimizer.betas=[0.8, 0.95]", "training.samples=null", "data.encode=null",
      ]
    ).decode(TrainPredictorConfiguration.self)
    #expect(predictor.model.hiddenSize == 1152)
    #expect(predictor.model.depth == 3)
    #expect(predictor.model.inputSize == 64)
    #expect(predictor.training.options.time == .uniform)
    #expect(predictor.training.options.common.optimizer.beta2 == 0.95)
    #expect(predictor.training.samples == nil)
    #expect(predictor.data.encode == nil)
    predictor.training.options.common.optimizer.gradientClip = nil
    try expectRoundTrip(predictor)

    let sample = try quickstart(
      "sample",
      overrides: [
        "sampling.plan=heun:8", "refiner=null", "predictor.model={size: S/8}",
        "vae.autoencoder={}", "sampling.labels=0-4,7", "sampling.guidanceChannels=all",
        "sampling.refinerVariant=euler",
      ]
    ).decode(SampleConfiguration.self)
    #expect(sample.predictor.model?.patchSize == 8)
    #expect(sample.predictor.model?.inputSize == nil)
    #expect(sample.vae.autoencoder == StatedAutoencoder())
    try expectRoundTrip(sample)
  }

  /// Each kind of mistake, word for word.
  @Test(arguments: [
    (
      "predictor", "model.hiddenSize=130",
      "--set model.hiddenSize=130: model.hiddenSize: expected a multiple of heads (4), found 130"
    ),
    (
      "predictor", "model.heads=5",
      "predictor.yaml:27: model.hiddenSize: expected a multiple of heads (5), found 128"
    ),
    (
      "predictor", "model.size=M/2",
      "--set model.size=M/2: model.size: expected one of S/2, S/4, S/8, B/2, B/4, B/8, L/2, L/4, "
        + "L/8, XL/2, XL/4, XL/8, found 'M/2'"
    ),
    (
      "predictor", "model.velocityInput=true",
      "--set model.velocityInput=true: model.velocityInput: expected false for a predictor, found true"
    ),
    (
      "predictor", "training.samples.plans=[H8, H1R1]",
      "--set training.samples.plans=[H8, H1R1]: training.samples.plans: expected plans without R, "
        + "as there is no refiner yet, found H1R1"
    ),
    (
      "predictor", "training.time={mean: 0}",
      "--set training.time={mean: 0}: training.time.mean: unknown key; valid keys here: distribution"
    ),
    (
      "predictor", "data.latent=x",
      "--set data.latent=x: data.latent: unknown key; did you mean data.latents?"
    ),
    (
      "refiner", "training.offset.range=[0, 1]",
      "--set training.offset.range=[0, 1]: training.offset.range: expected "
        + "0 <= lower < upper < 1, found [0.0, 1.0]"
    ),
    (
      "refiner", "training.offset.per=image",
      "--set training.offset.per=image: training.offset.per: expected one of batch, sample, found 'image'"
    ),
    (
      "refiner", "training.accumulation=3",
      "--set training.accumulation=3: training.accumulation: expected a divisor of the batch (16), found 3"
    ),
    (
      "refiner", "training.learningRate=1e-4",
      "--set training.learningRate=1e-4: training.learningRate: unknown key; valid keys here: steps, "
        + "batch, accumulation, optimizer, checkpoint, logEvery, heldOut, labelDropout, time, offset, samples"
    ),
    (
      "refiner", "training.samples.plans=[H8, H4X1]",
      "--set training.samples.plans=[H8, H4X1]: training.samples.plans[1]: plan 'H4X1': unknown letter "
        + "'X' at position 3; valid letters: H (Heun), P (pseudo corrector), R (refiner)"
    ),
    (
      "vae", "training.labelDropout=0.1",
      "--set training.labelDropout=0.1: training.labelDropout: unknown key; valid keys here: steps, "
        + "batch, accumulation, optimizer, checkpoint, logEvery, heldOut, klWeight, decoderOnly, "
        + "reconstructions"
    ),
    (
      "vae", "autoencoder.normGroups=24",
      "vae.yaml:21: autoencoder.channels: expected multiples of normGroups (24), found 16"
    ),
    (
      "vae", "data.size=66",
      "--set data.size=66: data.size: expected a multiple of the autoencoder's down-sampling (4), found 66"
    ),
    (
      "features", "network.name=Solids",
      "--set network.name=Solids: network.name: expected 1 to 64 lower-case letters, digits and "
        + "hyphens, found 'Solids'"
    ),
    (
      "features", "data.size=32",
      "--set data.size=32: data.size: expected network.imageSize (64), found 32"
    ),
    (
      "features", "training.klWeight=1",
      "--set training.klWeight=1: training.klWeight: unknown key; valid keys here: steps, batch, "
        + "accumulation, optimizer, checkpoint, logEvery, heldOut, layoutWeight"
    ),
    (
      "sample", "sampling.plan=H4X3",
      "--set sampling.plan=H4X3: sampling.plan: plan 'H4X3': unknown letter 'X' at position 3; valid "
        + "letters: H (Heun), P (pseudo corrector), R (refiner)"
    ),
    (
      "sample", "sampling.plan=8",
      "--set sampling.plan=8: sampling.plan: plan '8': unexpected character '8' at position 1; valid "
        + "letters: H (Heun), P (pseudo corrector), R (refiner)"
    ),
    (
      "sample", "sampling.times=[0, 1]",
      "--set sampling.times=[0, 1]: sampling.times: expected 10 times for the plan's 9 steps, found 2"
    ),
    (
      "sample", "sampling.times={shift: 3, more: 1}",
      "--set sampling.times={shift: 3, more: 1}: sampling.times: expected uniform, cosine, "
        + "shift: 3.0 or a list of times, found a section"
    ),
    (
      "sample", "sampling.times={power: 2}",
      "--set sampling.times={power: 2}: sampling.times: times 'power:2': expected uniform, cosine, "
        + "shift: 3.0 or a list from 0 to 1, found 'power:2'"
    ),
    (
      "sample", "sampling.sde.diffusion=linar",
      "--set sampling.sde.diffusion=linar: sampling.sde.diffusion: expected one of constant, sbdm, "
        + "sigma, linear, decreasing, increasing-decreasing, found 'linar'; did you mean linear?"
    ),
    (
      "sample", "refiner=null",
      "sample.yaml:16: sampling.plan: expected a plan without R, or refiner.weights, found H4P3R2"
    ),
    (
      "sample", "sampling.indices=70..<90",
      "--set sampling.indices=70..<90: sampling.indices: expected a non-empty range within 0..<80, "
        + "the count, found 70..<90"
    ),
    (
      "sample", "sampling.guidance=nan",
      "--set sampling.guidance=nan: sampling.guidance: expected a number from 0.0 to 1000.0, found 'nan'"
    ),
    (
      "sample", "sampling.labels=0-1000000000",
      "--set sampling.labels=0-1000000000: sampling.labels: labels '0-1000000000': expected classes below 1000000, found '0-1000000000'"
    ),
    (
      "sample", "predictor.weights=''",
      "--set predictor.weights='': predictor.weights: expected text that is not empty, found ''"
    ),
  ])
  func mistakesAreNamed(_ name: String, _ override: String, _ message: String) throws {
    let file = try quickstart(name, overrides: [override])
    #expect {
      switch name {
      case "vae": _ = try file.decode(TrainVAEConfiguration.self)
      case "features": _ = try file.decode(TrainFeaturesConfiguration.self)
      case "predictor": _ = try file.decode(TrainPredictorConfiguration.self)
      case "refiner": _ = try file.decode(TrainRefinerConfiguration.self)
      default: _ = try file.decode(SampleConfiguration.self)
      }
    } throws: {
      ($0 as? InputError)?.description == message
    }
  }
}
