import Checkpoints
import Diagnostics
import ModelFiles
import TemporaryFolders
import Testing

/// Files of other models, and what is said of them.
@Suite struct ForeignFileTests {
  @Test func autoencoderAndPredictorAreNotSwapped() throws {
    try withTemporaryFolder { folder in
      let vae = try Tiny.records(.autoencoder(Tiny.autoencoder)).file("\(folder)/v.safetensors")
      let error = #expect(throws: InputError.self) { try vae.network(.predictor) }
      #expect(
        error?.description.replacing(vae.path, with: "FILE").hasPrefix(
          "FILE: weights do not fit a predictor: missing: x_embedder.proj.weight, "
            + "t_embedder.mlp.0.weight, y_embedder.embedding_table.weight, "
            + "blocks.0.attn.qkv.weight, blocks.0.adaLN_modulation.1.weight, "
            + "final_layer.linear.weight and others; 124 unexpected: decoder.conv_in.bias, ")
          == true,
        "\(error?.description ?? "")")
      #expect(
        error?.description.hasSuffix("; this is an AutoencoderKL: give it as vae.weights") == true)

      for (configuration, cause) in [
        (Tiny.predictor, "this is a predictor: give it as predictor.weights or teacher.weights"),
        (Tiny.refiner, "this is a refiner: give it as refiner.weights"),
      ] {
        let network = try Tiny.records(.network(configuration)).file("\(folder)/n.safetensors")
        let error = #expect(throws: InputError.self) { try network.autoencoder() }
        #expect(error?.description.hasSuffix("; \(cause)") == true)
        #expect(error?.description.contains("weights do not fit an autoencoder: missing:") == true)
      }
    }
  }

  @Test(arguments: [
    (
      [
        "joint_blocks.0.x_block.attn.qkv.weight", "x_embedder.proj.weight",
        "t_embedder.mlp.0.weight",
        "final_layer.linear.weight",
      ],
      "this is a text-to-image transformer such as SD3's, which is not supported"
    ),
    (
      ["model.diffusion_model.input_blocks.0.0.weight"],
      "this is the U-Net of a diffusion model, which is not supported"
    ),
    (
      ["transformer_blocks.0.attn1.to_q.weight", "pos_embed.proj.weight"],
      "this is a transformer under diffusers' names: take the original checkpoint of SiT"
    ),
    (
      ["state/0/exp_avg", "state/0/exp_avg_sq", "state/1/exp_avg"],
      "this is an optimiser's state: name the checkpoint of the model"
    ),
    (["a", "b.weight"], "no model that is known here; `flowturbo inspect` lists what is in it"),
  ])
  func causesAreNamed(_ names: [String], _ cause: String) throws {
    try withTemporaryFolder { folder in
      let file = try names.map { TensorRecord($0, shape: [1], floats: [0]) }
        .file("\(folder)/w.safetensors")
      for kind in ModelKind.allCases {
        let error = #expect(throws: InputError.self) {
          if kind == .autoencoder { _ = try file.autoencoder() } else { _ = try file.network(kind) }
        }
        #expect(error?.description.hasSuffix("; \(cause)") == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func optimisersAloneAndEmptyFilesAreNamed() throws {
    try withTemporaryFolder { folder in
      let optimiser = try [TensorRecord("opt/state/0/exp_avg", shape: [1], floats: [0])]
        .file("\(folder)/o.safetensors")
      expectError(
        "FILE: expected weights of a predictor, found an optimiser's state only; name the "
          + "checkpoint of the model", optimiser
      ) { _ = try optimiser.network(.predictor) }
      let empty = try [TensorRecord]().file("\(folder)/e.safetensors")
      expectError(
        "FILE: expected weights of an autoencoder, found no tensors at all; name another file",
        empty
      ) { _ = try empty.autoencoder() }
    }
  }

  @Test func representationHeadsAreNamed() throws {
    try withTemporaryFolder { folder in
      let file = try
        (Tiny.records(.network(Tiny.predictor))
        + [TensorRecord("projectors.0.0.weight", shape: [1], floats: [0])])
        .file("\(folder)/w.safetensors")
      expectError(
        "FILE: weights do not fit a predictor: 1 unexpected: projectors.0.0.weight; "
          + "projectors are REPA's, whose time runs from data to noise", file
      ) { _ = try file.network(.predictor, stated: Tiny.heads) }
    }
  }

  @Test func whatIsNotThereIsSaid() {
    let error = #expect(throws: InputError.self) { try ModelFile(path: "there/w.pt") }
    #expect(
      error?.description == "there/w.pt: expected a file of weights or a folder, found nothing")
  }
}

/// Files made to keep the program busy or its messages long.
@Suite struct HostileNameTests {
  @Test(.timeLimit(.minutes(1))) func longNamesCostLittle() throws {
    try withTemporaryFolder { folder in
      let wrapped = String(repeating: "module.", count: 200_000)
      let dotted = "encoder." + String(repeating: "a.", count: 500_000)
      for names in [[wrapped + "w"], ["encoder.conv_in.weight", dotted]] {
        let file = try names.map { TensorRecord($0, shape: [1, 1, 1, 1], floats: [0]) }
          .file("\(folder)/w.safetensors")
        for kind in [ModelKind.predictor, .autoencoder] {
          let error = #expect(throws: InputError.self) { try file.selection(kind) }
          #expect((error?.description.count ?? .max) < 5000)
        }
      }
    }
  }
}
