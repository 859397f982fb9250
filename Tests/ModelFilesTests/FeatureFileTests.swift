import Checkpoints
import Diagnostics
import ModelFiles
import Models
import TemporaryFolders
import TensorGraph
import Testing

/// Feature networks describe themselves, or are not taken.
@Suite struct FeatureFileTests {
  private var tiny: FeatureNetworkConfiguration {
    var configuration = FeatureNetworkConfiguration()
    (configuration.name, configuration.imageSize) = ("tiny-features", 16)
    (configuration.widths, configuration.normGroups) = ([4, 8, 8], 2)
    (configuration.featureWidth, configuration.spatialChannels) = (15, 2)
    return configuration
  }

  private func file(
    _ folder: String, metadata: [String: String]? = nil,
    name: (String) -> String? = { $0 }
  ) throws -> ModelFile {
    try Tiny.records(.features(tiny), name: name).file(
      "\(folder)/f.safetensors",
      metadata: metadata ?? ModelMetadata.describing(.features(tiny)))
  }

  @Test func describedFilesAreRead() throws {
    try withTemporaryFolder { folder in
      let file = try file(folder)
      let (configuration, selection) = try file.features()
      #expect(configuration == tiny)
      #expect(selection.shape == .features(tiny))
      let origin = try file.origin(of: selection)
      #expect(origin.model == "feature network tiny-features of 15 features")
      let weights = try file.read(selection)
      #expect(weights["neck.weight"]?.shape == [6, 20])
      #expect(weights["neck.bias"]?.array() == [19, 19, 19, 19, 19, 19])
      #expect(weights.count == selection.shape.kindCount)
    }
  }

  @Test func othersAreRefused() throws {
    try withTemporaryFolder { folder in
      let bare = try file(folder, metadata: [:])
      expectError(
        "FILE: expected metadata 'kind' and 'model' that describe the feature network, found none; "
          + "take the file that `flowturbo train-features` wrote", bare
      ) { _ = try bare.features() }
      expectError(
        "FILE: weights do not fit a predictor: missing: x_embedder.proj.weight, "
          + "t_embedder.mlp.0.weight, y_embedder.embedding_table.weight, blocks.0.attn.qkv.weight, "
          + "blocks.0.adaLN_modulation.1.weight, final_layer.linear.weight and others; "
          + "24 unexpected: fc.bias, fc.weight, layout.bias, layout.weight, levels.0.conv1.bias, "
          + "levels.0.conv1.weight, levels.0.conv2.bias, levels.0.conv2.weight, … (16 more); "
          + "this is a feature network, which images are evaluated with", bare
      ) { _ = try bare.network(.predictor) }

      let short = try file(folder) { $0 == "levels.1.norm2.bias" ? nil : $0 }
      expectError(
        "FILE: weights do not fit a feature network: 1 missing: levels.1.norm2.bias [8]; "
          + "what its metadata say of it is not what is in it", short
      ) { _ = try short.features() }

      var impossible = try ModelMetadata.describing(.features(tiny))
      impossible["model"] = impossible["model"]?.replacing("imageSize: 16", with: "imageSize: 20")
      let odd = try file(folder, metadata: impossible)
      let error = #expect(throws: InputError.self) { try odd.features() }
      #expect(error?.description.contains("imageSize: expected a multiple of 8") == true)

      let vae = try Tiny.records(.autoencoder(Tiny.autoencoder)).file("\(folder)/v.safetensors")
      let other = #expect(throws: InputError.self) { try vae.features() }
      #expect(
        other?.description.hasSuffix("this is an AutoencoderKL: give it as vae.weights") == true)
    }
  }
}

extension ModelShape {
  /// Number of the model's tensors.
  fileprivate var kindCount: Int? { try? parameters().count }
}
