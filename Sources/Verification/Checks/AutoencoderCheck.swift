// N images, H × W pixels, h × w latents.
import Diagnostics
import Models
import TensorGraph
import Training

/// Kinds `vae` and `vae_train`: an autoencoder's two ways, and the gradients of its loss.
///
/// Results are `encoder_out`, `mean` and `logvar` of images `x`, `decoded` of latents `z`,
/// and those of ``TrainingReplay`` for the loss of `x` with the noise `eps`.
struct AutoencoderCheck: FixtureCheck {
  private struct Settings: Decodable {
    let klWeight: Double?

    enum CodingKeys: String, CodingKey { case klWeight = "kl_weight" }
  }

  private static let encoded: Set = ["encoder_out", "mean", "logvar"]

  private let fixture: Fixture
  private let executor: any Executor
  private let model: AutoencoderKL
  private let klWeight: Double

  static let bfloat16Tolerance: Double? = 0x1p-4

  /// A gradient's product with fixed numbers is as exact as the gradient is long. That of the
  /// keys' bias is zero but for rounding: softmax does not see it.
  static func bfloat16Scale(_ name: String) -> String {
    name.replacing("grad_probe/", with: "grad_norm/").replacing("to_k.bias", with: "to_v.bias")
  }

  static func isInput(_ name: String) -> Bool { ["x", "z", "eps"].contains(name) }

  init(_ fixture: Fixture, executor: any Executor) throws {
    self.fixture = fixture
    self.executor = executor
    model = try AutoencoderKL(
      fixture.configuration(AutoencoderSettings.self).configuration())
    // What the published autoencoders are trained with.
    klWeight = try fixture.configuration(Settings.self).klWeight ?? 1e-6
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    let weights = try fixture.formula("model").weights(model.parameters)
    var outputs: [String: ComputedTensor] = [:]

    if names.contains(where: Self.encoded.contains) {
      let (graph, images) = (Graph(), try images())
      let x = try graph.input("x", images.shape)
      graph.output("encoder_out", try model.encoder(x))
      let posterior = try model.encode(x)
      graph.output("mean", posterior.mean)
      graph.output("logvar", posterior.logVariance)
      let values = try executor.compile(graph, variables: weights, frozen: true).run(["x": images])
      for name in Self.encoded { outputs[name] = values[name].map { ComputedTensor($0) } }
    }

    if names.contains("decoded") {
      let (graph, latents) = (Graph(), try fixture.input("z"))
      try expect(latents, "z", channels: model.configuration.latentChannels)
      graph.output("decoded", try model.decode(graph.input("z", latents.shape)))
      let values = try executor.compile(graph, variables: weights, frozen: true).run(["z": latents])
      outputs["decoded"] = values["decoded"].map { ComputedTensor($0) }
    }

    let trained = names.filter { $0 != "decoded" && !Self.encoded.contains($0) }
    if !trained.isEmpty {
      try outputs.merge(replay(weights).outputs(trained)) { first, _ in first }
    }
    return outputs
  }

  private func replay(_ weights: [String: HostTensor]) throws -> TrainingReplay {
    let images = try images()
    let loss = AutoencoderLoss(
      model, height: images.shape[2], width: images.shape[3], klWeight: klWeight)
    let batch = Batch(loss.inputs, count: images.shape[0])
    for (name, stored) in [("images", "x"), ("noise", "eps")] {
      guard let tensor = batch.tensors[name] else { continue }
      tensor.copyContents(of: try fixture.input(stored, tensor.shape.dimensions))
    }
    return TrainingReplay(
      fixture: fixture, executor: executor, loss: loss, parameters: model.parameters,
      weights: weights, batch: batch)
  }

  /// `x`, (N, 3, H, W) with sides that the levels can halve.
  private func images() throws -> HostTensor {
    let images = try fixture.input("x")
    try expect(images, "x", channels: model.configuration.inChannels)
    let factor = model.configuration.downsampling
    guard images.shape.dimensions.suffix(2).allSatisfy({ $0.isMultiple(of: factor) }) else {
      throw InputError(
        "\(fixture.path): tensor 'x'", expected: "sides that are multiples of \(factor)",
        found: "\(images.shape)")
    }
    return images
  }

  private func expect(_ tensor: HostTensor, _ name: String, channels: Int) throws {
    guard tensor.shape.rank == 4, tensor.shape[1] == channels else {
      throw InputError(
        "\(fixture.path): tensor '\(name)'", expected: "4 axes, the second of \(channels) channels",
        found: "\(tensor.shape)")
    }
  }
}
