import Checkpoints
import Diagnostics
import ModelFiles
import Models
import TensorGraph
import Testing

/// Models in files that PyTorch wrote: the fixtures' nano SiT, its refiner in a training
/// checkpoint, and the nano VAE.
@Suite struct TorchModelTests {
  private static let nano: SiTConfiguration = {
    var network = Tiny.predictor
    (network.depth, network.frequencyEmbeddingSize) = (1, 256)
    return network
  }()

  /// Every weight is what the file has under the name that `name` gives it.
  private func expectValues(
    _ file: ModelFile, _ selection: ModelSelection, name: (String) -> String = { $0 },
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let weights = try file.read(selection)
    #expect(
      weights.count == (try selection.shape.parameters().count), sourceLocation: sourceLocation)
    for (path, tensor) in weights {
      let expected = try file.file.floats(name(path))
      #expect(tensor.array() == expected, "\(path)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: ["legacy_state_dict.pth", "zip_half_state_dict.pt"])
  func stateDictsAreRead(_ name: String) throws {
    let file = try ModelFile(path: fixture(name))
    let (configuration, selection) = try file.network(.predictor, stated: Tiny.heads)
    #expect(configuration == Self.nano)
    #expect(selection.taken == nil)
    try expectValues(file, selection)
    // Half-precision values are those of the other file, rounded.
    let plain = try ModelFile(path: fixture("legacy_state_dict.pth")).file
    let weight = "blocks.0.mlp.fc1.weight"
    let largest = zip(try file.file.floats(weight), try plain.floats(weight))
      .map { abs($0 - $1) }.max()
    #expect(try #require(largest) < 1e-3)
    #expect((largest == 0) == name.hasPrefix("legacy"))
  }

  @Test func trainingCheckpointsAreRead() throws {
    let file = try ModelFile(path: fixture("zip_train_checkpoint.pt"))
    var refiner = Self.nano
    refiner.velocityInput = true
    let standard = try file.network(.refiner, stated: Tiny.heads)
    #expect(standard.configuration == refiner)
    #expect(standard.selection.taken == .ema)
    try expectValues(file, standard.selection) { "ema/\($0)" }
    let raw = try file.network(.refiner, .raw, stated: Tiny.heads).selection
    #expect(raw.taken == .raw)
    try expectValues(file, raw) { "model/\($0)" }
    let name = "blocks.0.attn.proj.weight"
    #expect(try file.file.floats("ema/\(name)") != file.file.floats("model/\(name)"))
    expectError(
      "FILE: weights do not fit a predictor: 1 misshapen: x_embedder.proj.weight is [16, 8, 2, 2], "
        + "should be [16, 4, 2, 2]; this is a refiner; a predictor's x_embedder takes 4 channels",
      file
    ) { _ = try file.network(.predictor, stated: Tiny.heads) }
  }

  @Test func oldConvolutionsOfTheAttentionAreRead() throws {
    let file = try ModelFile(path: fixture("vae_old_names_conv.bin"))
    let (configuration, selection) = try file.autoencoder(stated: Tiny.groups)
    #expect(configuration == Tiny.autoencoder)
    let new = try ModelFile(path: fixture("vae_new_names.safetensors")).file
    let weights = try file.read(selection)
    #expect(weights.count == new.names.count)
    for (path, tensor) in weights {
      #expect(try tensor.array() == new.floats(path), "\(path)")
      #expect(try tensor.shape.dimensions == new.info(path).shape)
    }
    #expect(
      selection.notes.prefix(2) == [
        "16 old names of the attention read as today's",
        "8 1×1 convolutions of the attention read as matrices",
      ])
  }
}
