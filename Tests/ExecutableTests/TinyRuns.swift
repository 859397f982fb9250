import Foundation
import Testing

/// The whole pipeline on images of 16 × 16 pixels with models of some thousand weights.
enum TinyRuns {
  static let vae = """
    output: vae
    data:
      images: images
      size: 16
      render: {perClass: 2, size: 16}
    autoencoder: {channels: [4, 8], layersPerBlock: 1, normGroups: 2}
    training:
      steps: 12
      batch: 4
      optimizer: {learningRate: 1e-3, emaDecay: 0.9}
      checkpoint: {every: 3, keep: 2}
      heldOut: {count: 2, every: 6}
      logEvery: 1
      reconstructions: {every: 6, count: 2}
    """

  static let encode = """
    output: latents
    encode:
      images: images
      size: 16
      batch: 3
      vae: {weights: vae/vae.safetensors}
    """

  /// How predictors and refiners are trained.
  static let training =
    "steps: 24, batch: 4, optimizer: {learningRate: 1e-3, emaDecay: 0.9}, logEvery: 1, "
    + "checkpoint: {every: 5, keep: 2}, heldOut: {count: 10, every: 12}"

  static let predictor = """
    output: predictor
    data:
      latents: latents/latents.h5
      encode:
        images: images
        size: 16
        batch: 3
        vae: {weights: vae/vae.safetensors}
    model:
      {inputSize: 8, patchSize: 2, inChannels: 4, hiddenSize: 16, depth: 2, heads: 2,
        classes: 10, learnSigma: false}
    training: {
      \(training), accumulation: 2,
      samples: {every: 12, plans: [H2], perClass: 1, vae: {weights: vae/vae.safetensors}}}
    """

  static let refiner = """
    output: refiner
    data: {latents: latents/latents.h5}
    teacher: {weights: predictor/predictor.safetensors}
    training: {
      \(training),
      samples: {every: 12, plans: [H2, H1P1R1], perClass: 1, vae: {weights: vae/vae.safetensors}}}
    """

  static let features = """
    output: features
    data:
      images: images
      size: 16
      render: {perClass: 2, size: 16}
    network: {imageSize: 16, widths: [4, 8, 8], normGroups: 2, featureWidth: 15, spatialChannels: 2}
    training:
      steps: 12
      batch: 4
      optimizer: {learningRate: 1e-3, emaDecay: 0.9}
      checkpoint: {every: 3, keep: 2}
      heldOut: {count: 2, every: 6}
      logEvery: 1
    """

  static func writeConfigurations(_ place: Workplace) throws {
    try place.write(vae, to: "vae.yaml")
    try place.write(encode, to: "encode.yaml")
    try place.write(predictor, to: "predictor.yaml")
    try place.write(refiner, to: "refiner.yaml")
    try place.write(features, to: "features.yaml")
  }

  /// Everything run once and never disturbed.
  static let undisturbed: Result<Workplace, any Error> = Result {
    let place = try Workplace()
    // Statics are never let go of.
    atexit { try? FileManager.default.removeItem(atPath: TinyRuns.undisturbed.get().folder) }
    try writeConfigurations(place)
    try place.succeed(.flowturbo, ["train-vae", "--config", "vae.yaml"])
    try place.succeed(.flowturbo, ["encode", "--config", "encode.yaml"])
    try place.succeed(.flowturbo, ["train-predictor", "--config", "predictor.yaml"])
    try place.succeed(.trainRefiner, ["--config", "refiner.yaml"])
    try place.succeed(.flowturbo, ["train-features", "--config", "features.yaml"])
    return place
  }

  /// A place with the configurations and copies of what earlier stages made.
  static func place(with names: [String]) throws -> Workplace {
    let source = try undisturbed.get()
    let place = try Workplace()
    try writeConfigurations(place)
    for name in names {
      try FileManager.default.copyItem(atPath: source.path(name), toPath: place.path(name))
    }
    return place
  }
}
