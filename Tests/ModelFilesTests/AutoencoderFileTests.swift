import Checkpoints
import Diagnostics
import Files
import Foundation
import ModelFiles
import Models
import TemporaryFolders
import TensorGraph
import Testing

/// Autoencoders: names old and new, folders of diffusers, and why files do not fit.
@Suite struct AutoencoderFileTests {
  private static let shape = ModelShape.autoencoder(Tiny.autoencoder)

  /// Today's name as latent-diffusion has it, for two levels.
  static func original(_ name: String) -> String {
    var name = name
    for (new, old) in [
      ("encoder.down_blocks.0.resnets.", "encoder.down.0.block."),
      ("encoder.down_blocks.1.resnets.", "encoder.down.1.block."),
      ("encoder.down_blocks.0.downsamplers.0.", "encoder.down.0.downsample."),
      ("decoder.up_blocks.0.resnets.", "decoder.up.1.block."),
      ("decoder.up_blocks.1.resnets.", "decoder.up.0.block."),
      ("decoder.up_blocks.0.upsamplers.0.", "decoder.up.1.upsample."),
      ("mid_block.resnets.0.", "mid.block_1."), ("mid_block.resnets.1.", "mid.block_2."),
      ("mid_block.attentions.0.group_norm.", "mid.attn_1.norm."),
      ("mid_block.attentions.0.to_q.", "mid.attn_1.q."),
      ("mid_block.attentions.0.to_k.", "mid.attn_1.k."),
      ("mid_block.attentions.0.to_v.", "mid.attn_1.v."),
      ("mid_block.attentions.0.to_out.0.", "mid.attn_1.proj_out."),
      ("conv_norm_out.", "norm_out."), ("conv_shortcut.", "nin_shortcut."),
    ] { name = name.replacingOccurrences(of: new, with: old) }
    return name
  }

  /// The value of every tensor, which says which one it is.
  private func values(_ file: ModelFile) throws -> [String: Float] {
    let selection = try file.autoencoder(stated: Tiny.groups).selection
    return try file.read(selection).compactMapValues { $0.floats.first }
  }

  private func expected() throws -> [String: Float] {
    let paths = try Self.shape.parameters().map(\.path)
    return Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, Float($0)) })
  }

  @Test func sizesComeFromShapes() throws {
    try withTemporaryFolder { folder in
      var odd = Tiny.autoencoder
      (odd.channels, odd.layersPerBlock, odd.latentChannels) = ([8, 12, 4], 3, 6)
      (odd.inChannels, odd.outChannels) = (1, 2)
      for configuration in [Tiny.autoencoder, odd] {
        let file = try Tiny.records(.autoencoder(configuration)).file("\(folder)/w.safetensors")
        #expect(try file.autoencoder(stated: Tiny.groups).configuration == configuration)
      }
    }
  }

  @Test func groupsMustBeSaidWhereTheUsualAreImpossible() throws {
    try withTemporaryFolder { folder in
      let file = try Tiny.records(Self.shape).file("\(folder)/w.safetensors")
      expectError(
        "FILE: the groups of the norms cannot be read from shapes and widths [8, 16] forbid the "
          + "usual 32: give autoencoder.normGroups, or put the config.json of diffusers beside it",
        file
      ) { _ = try file.autoencoder() }
      let origin = try file.origin(of: file.autoencoder(stated: Tiny.groups).selection)
      #expect(
        origin.notes == ["scaling factor 0.18215 by default, as no config.json lies beside it"])
      var stated = Tiny.groups
      (stated.scalingFactor, stated.layersPerBlock) = (0.5, 2)
      expectError(
        "FILE: expected autoencoder.layersPerBlock 2 as configured, found 1; "
          + "mend the configuration or name another file", file
      ) { _ = try file.autoencoder(stated: stated) }
      stated.layersPerBlock = nil
      #expect(try file.autoencoder(stated: stated).configuration.scalingFactor == 0.5)
    }
  }

  @Test func namesOfLatentDiffusionAreRead() throws {
    try withTemporaryFolder { folder in
      let plain = try Tiny.records(Self.shape, name: Self.original)
        .file("\(folder)/a.safetensors")
      #expect(try values(plain) == expected())
      let origin = try plain.origin(of: plain.autoencoder(stated: Tiny.groups).selection)
      #expect(origin.notes.first == "112 latent-diffusion names read as today's")
      // Beside its loss, as it is trained.
      let trained =
        try
        (Tiny.records(Self.shape) { "state_dict/" + Self.original($0) }
        + [TensorRecord("state_dict/loss.logvar", shape: [], floats: [0])])
        .file("\(folder)/b.safetensors")
      #expect(try values(trained) == expected())
      // Inside a whole diffusion model.
      let whole =
        try
        (Tiny.records(Self.shape) { "state_dict/first_stage_model." + Self.original($0) }
        + [TensorRecord("state_dict/model.diffusion_model.out.weight", shape: [1], floats: [0])])
        .file("\(folder)/c.safetensors")
      #expect(try values(whole) == expected())
      let note = try whole.origin(of: whole.autoencoder(stated: Tiny.groups).selection).notes.first
      #expect(note == "'first_stage_model.' alone is read, not the 1 other tensors")
    }
  }

  @Test func twoNamesOfOneTensorAreAnError() throws {
    try withTemporaryFolder { folder in
      let file =
        try
        (Tiny.records(Self.shape)
        + [
          TensorRecord(
            "encoder.norm_out.weight", shape: [16], floats: Array(repeating: 0, count: 16))
        ])
        .file("\(folder)/w.safetensors")
      let error = #expect(throws: InputError.self) { try file.autoencoder(stated: Tiny.groups) }
      #expect(
        error?.description.contains("1 unexpected: encoder.norm_out.weight;") == true)
    }
  }

  /// The fixtures' nano VAE: the same values under new and old names.
  @Test(arguments: ["vae_new_names.safetensors", "vae_old_names.safetensors"])
  func fixturesOfOtherProgramsAreRead(_ name: String) throws {
    let file = try ModelFile(path: fixture(name))
    let (configuration, selection) = try file.autoencoder(stated: Tiny.groups)
    #expect(configuration == Tiny.autoencoder)
    let new = try ModelFile(path: fixture("vae_new_names.safetensors")).file
    for (path, tensor) in try file.read(selection) {
      #expect(try tensor.array() == new.floats(path), "\(path)")
    }
  }

  @Test func halvesAndCodeBooksAreNamed() throws {
    try withTemporaryFolder { folder in
      for (part, cause) in [
        ("encoder.", "only the encoder is in it: take the whole autoencoder"),
        ("decoder.", "only the decoder is in it: take the whole autoencoder"),
      ] {
        let file = try Tiny.records(Self.shape) { $0.hasPrefix(part) ? $0 : nil }
          .file("\(folder)/w.safetensors")
        let error = #expect(throws: InputError.self) { try file.autoencoder(stated: Tiny.groups) }
        #expect(error?.description.hasSuffix("; \(cause)") == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("missing: ") == true)
      }
      let quantised =
        try
        (Tiny.records(Self.shape)
        + [
          TensorRecord(
            "quantize.embedding.weight", shape: [2, 4], floats: [Float](repeating: 0, count: 8))
        ])
        .file("\(folder)/w.safetensors")
      expectError(
        "FILE: weights do not fit an autoencoder: 1 unexpected: quantize.embedding.weight; "
          + "this is an autoencoder with a code book (VQ), not a KL one", quantised
      ) { _ = try quantised.autoencoder(stated: Tiny.groups) }
    }
  }

  // MARK: Folders of diffusers

  /// What `sd-vae-ft-mse` says, for the tiny autoencoder.
  private static let description = """
    {"_class_name": "AutoencoderKL", "_diffusers_version": "0.4.2", "act_fn": "silu",
     "block_out_channels": [8, 16], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
     "in_channels": 3, "latent_channels": 4, "layers_per_block": 1, "norm_num_groups": 4,
     "out_channels": 3, "sample_size": 256, "shift_factor": null, "scaling_factor": 0.25,
     "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"]}
    """

  private func folder(
    _ path: String, description: String? = description,
    names: [String] = ["diffusion_pytorch_model.safetensors"]
  ) throws -> String {
    for (index, name) in names.enumerated() {
      try SafetensorsWriter.write(
        Tiny.records(Self.shape, value: Float(100 * index)), to: "\(path)/\(name)")
    }
    if let description { try AtomicFile.write(description, to: "\(path)/config.json") }
    return path
  }

  @Test func foldersAreRead() throws {
    try withTemporaryFolder { base in
      var configuration = Tiny.autoencoder
      configuration.scalingFactor = 0.25
      let vae = try folder("\(base)/pipeline/vae")
      for path in [vae, "\(base)/pipeline", "\(vae)/diffusion_pytorch_model.safetensors"] {
        let file = try ModelFile(path: path)
        let (found, selection) = try file.autoencoder()
        #expect(found == configuration)
        let origin = try file.origin(of: selection)
        #expect(origin.file == "\(vae)/diffusion_pytorch_model.safetensors")
        #expect(origin.sha256 == (try FileHash.sha256(ofFile: origin.file)))
        #expect(origin.notes.contains("described by \(vae)/config.json"))
        #expect(
          origin.notes.contains("the folder 'vae' of a pipeline") == path.hasSuffix("pipeline"))
      }
    }
  }

  @Test func safetensorsComeBeforeOthers() throws {
    try withTemporaryFolder { base in
      let names = ["safetensors", "bin", "fp16.safetensors"].map { "diffusion_pytorch_model.\($0)" }
      for start in names.indices {
        let path = try folder("\(base)/\(start)", names: Array(names[start...].reversed()))
        #expect(try ModelFile(path: path).file.path == "\(path)/\(names[start])")
      }
    }
  }

  @Test func theFolderDecidesAgainstTheConfiguration() throws {
    try withTemporaryFolder { base in
      let file = try ModelFile(path: folder("\(base)/vae"))
      var stated = StatedAutoencoder()
      stated.normGroups = 8
      expectError(
        "FILE/diffusion_pytorch_model.safetensors: expected autoencoder.normGroups 8 as configured, "
          + "found 4; mend the configuration or name another file",
        file
      ) { _ = try file.autoencoder(stated: stated) }
      let wider = try folder(
        "\(base)/wider",
        description: Self.description.replacingOccurrences(of: "[8, 16]", with: "[8, 32]"))
      let error = #expect(throws: InputError.self) { try ModelFile(path: wider).autoencoder() }
      #expect(
        error?.description.hasSuffix("; it has other widths ([8, 16], not [8, 32])") == true)
    }
  }

  @Test func foldersThatCannotBeReadAreNamed() throws {
    try withTemporaryFolder { base in
      func message(_ path: String) -> String? {
        let error = #expect(throws: InputError.self) { try ModelFile(path: path) }
        return error?.description.replacing(base, with: "BASE")
      }
      try AtomicFile.makeDirectory("\(base)/empty")
      #expect(
        message("\(base)/empty")
          == "BASE/empty: expected a file, or a folder of diffusers with "
          + "diffusion_pytorch_model.safetensors or .bin, found an empty folder; "
          + "name the file of the weights")
      let bare = try folder("\(base)/bare", description: nil)
      #expect(
        message(bare)
          == "BASE/bare: expected config.json beside diffusion_pytorch_model.safetensors, found none; "
          + "copy it too, or name the file alone")
      let sharded = try folder("\(base)/sharded", names: [])
      try AtomicFile.write("{}", to: "\(sharded)/diffusion_pytorch_model.safetensors.index.json")
      #expect(
        message(sharded)?.hasSuffix("found weights in several files; save them in one") == true)
    }
  }

  @Test(arguments: [
    ("\"silu\"", "\"gelu\"", "act_fn: expected silu, as nothing else is implemented, found 'gelu'"),
    (
      "[\"DownEncoderBlock2D\", \"DownE", "[\"AttnDownEncoderBlock2D\", \"DownE",
      "down_block_types: expected DownEncoderBlock2D alone, as nothing else is implemented, "
        + "found 'AttnDownEncoderBlock2D'"
    ),
    (
      "[8, 16]", "[8, 16, 16]",
      "down_block_types: expected one for each of 3 widths, as nothing else is implemented, found 2"
    ),
    (
      "\"shift_factor\": null", "\"shift_factor\": 0.0609",
      "shift_factor: expected none, as nothing else is implemented, found 0.0609"
    ),
    (
      "\"sample_size\"", "\"use_quant_conv\": false, \"sample_size\"",
      "use_quant_conv: expected true, as nothing else is implemented, found false"
    ),
    (
      "\"sample_size\"", "\"latents_mean\": [1], \"sample_size\"",
      "latents_mean: expected settings that are implemented here, found one that is not known; "
        + "remove it if it changes no number"
    ),
    (
      "\"layers_per_block\": 1", "\"layers_per_block\": \"one\"",
      "layers_per_block: expected another type of value"
    ),
    ("\"norm_num_groups\": 4", "\"norm_num_groups\": 0", "normGroups: expected 1 to 1024, found 0"),
    (
      "AutoencoderKL", "UNet2DModel",
      "expected the description of an AutoencoderKL (_class_name), found one of 'UNet2DModel'; "
        + "name the folder of the autoencoder"
    ),
    ("{\"_class", "\"_class", "expected the description of an AutoencoderKL (_class_name)"),
  ])
  func settingsThatAreNotImplementedAreRefused(_ old: String, _ new: String, _ message: String)
    throws
  {
    try withTemporaryFolder { base in
      let text = Self.description.replacingOccurrences(of: old, with: new)
      #expect(text != Self.description)
      let path = try folder("\(base)/vae", description: text)
      let error = #expect(throws: InputError.self) { try ModelFile(path: path) }
      #expect(
        error?.description.replacing("\(path)/", with: "").hasPrefix("config.json: \(message)")
          == true, "\(error?.description ?? "")")
    }
  }

  /// A config.json of another model that happens to lie beside a file says nothing of it.
  @Test func othersBesideAFileArePassedOver() throws {
    try withTemporaryFolder { base in
      let path = try folder("\(base)/vae", description: "{\"_class_name\": \"UNet2DModel\"}")
      let file = try ModelFile(path: "\(path)/diffusion_pytorch_model.safetensors")
      #expect(try file.autoencoder(stated: Tiny.groups).configuration == Tiny.autoencoder)
    }
  }
}
