import Checkpoints
import Diagnostics
import ModelFiles
import Models
import TemporaryFolders
import TensorGraph
import Testing

/// Networks: sizes from shapes, and why files do not fit.
@Suite struct NetworkFileTests {
  private func file(
    _ configuration: SiTConfiguration, in folder: String, without names: Set<String> = []
  ) throws -> ModelFile {
    try Tiny.records(.network(configuration)) { names.contains($0) ? nil : $0 }
      .file("\(folder)/w.safetensors")
  }

  @Test func sizesComeFromShapes() throws {
    try withTemporaryFolder { folder in
      var odd = Tiny.predictor
      (odd.inputSize, odd.patchSize, odd.inChannels, odd.depth) = (12, 4, 5, 3)
      (odd.hiddenSize, odd.heads, odd.mlpRatio, odd.classes) = (20, 5, 2.55, 7)
      (odd.frequencyEmbeddingSize, odd.learnSigma) = (10, false)
      var oddRefiner = odd
      (oddRefiner.velocityInput, oddRefiner.depth) = (true, 2)
      for configuration in [Tiny.predictor, Tiny.refiner, odd, oddRefiner] {
        var stated = StatedNetwork()
        stated.heads = configuration.heads
        let kind = configuration.velocityInput ? ModelKind.refiner : .predictor
        let found = try file(configuration, in: folder)
          .network(kind, stated: stated).configuration
        // A width in tokens' widths that rounds to the same.
        #expect(found.mlpSize == configuration.mlpSize)
        var same = found
        same.mlpRatio = configuration.mlpRatio
        #expect(same == configuration)
      }
    }
  }

  @Test func publishedWidthsHaveTheirHeads() throws {
    try withTemporaryFolder { folder in
      var small = SiTConfiguration()
      (small.depth, small.classes) = (1, 2)
      let (configuration, selection) = try file(small, in: folder).network(.predictor)
      #expect(configuration == small)
      #expect(selection.shape == .network(small))
    }
    let heads = [384, 768, 1024, 1152, 512].map(SiTConfiguration.publishedHeads)
    #expect(heads == [6, 12, 16, 16, nil])
  }

  @Test func headsMustBeSaid() throws {
    try withTemporaryFolder { folder in
      let file = try file(Tiny.predictor, in: folder)
      expectError(
        "FILE: heads cannot be read from shapes: give model.heads (the width is 16)", file
      ) { _ = try file.network(.predictor) }
      var wrong = StatedNetwork()
      wrong.heads = 3
      expectError(
        "FILE: a network of impossible shape: hiddenSize: expected a multiple of heads (3), found 16",
        file
      ) { _ = try file.network(.predictor, stated: wrong) }
    }
  }

  @Test func disagreementsAreListed() throws {
    try withTemporaryFolder { folder in
      let file = try file(Tiny.predictor, in: folder)
      var stated = Tiny.heads
      (stated.depth, stated.classes, stated.inputSize) = (12, 1000, 4)
      expectError(
        "FILE: expected model.depth 12 as configured, found 2; expected "
          + "model.classes 1000 as configured, found 3; mend the configuration or name another file",
        file
      ) { _ = try file.network(.predictor, stated: stated) }
    }
  }

  @Test func predictorAndRefinerAreNotSwapped() throws {
    try withTemporaryFolder { folder in
      let predictor = try file(Tiny.predictor, in: folder)
      expectError(
        "FILE: weights do not fit a refiner: 1 misshapen: x_embedder.proj.weight is [16, 4, 2, 2], "
          + "should be [16, 8, 2, 2]; this is a predictor; a refiner's x_embedder takes 8 channels",
        predictor
      ) { _ = try predictor.network(.refiner, stated: Tiny.heads) }
      let refiner = try file(Tiny.refiner, in: folder)
      expectError(
        "FILE: weights do not fit a predictor: 1 misshapen: x_embedder.proj.weight is "
          + "[16, 8, 2, 2], should be [16, 4, 2, 2]; this is a refiner; a predictor's x_embedder "
          + "takes 4 channels", refiner
      ) { _ = try refiner.network(.predictor, stated: Tiny.heads) }
    }
  }

  /// Eight channels in and out are a refiner's for 4-channel latents, or a predictor's that
  /// learns no sigma for 8-channel ones.
  @Test func theConfigurationDecidesWhereBothFit() throws {
    try withTemporaryFolder { folder in
      let file = try file(Tiny.refiner, in: folder)
      #expect(try file.network(.refiner, stated: Tiny.heads).configuration == Tiny.refiner)
      var stated = Tiny.heads
      (stated.inChannels, stated.learnSigma) = (8, false)
      let other = try file.network(.predictor, stated: stated).configuration
      #expect((other.inChannels, other.learnSigma, other.velocityInput) == (8, false, false))
    }
  }

  @Test func missingUnexpectedAndMisshapenAreOneError() throws {
    try withTemporaryFolder { folder in
      var records = try Tiny.records(.network(Tiny.predictor)) {
        $0 == "blocks.1.attn.proj.bias" ? nil : $0 == "x_embedder.proj.bias" ? "bias" : $0
      }
      records.removeAll { $0.name == "blocks.0.mlp.fc1.bias" }
      records.append(TensorRecord("blocks.0.mlp.fc1.bias", shape: [2], floats: [1, 2]))
      let file = try records.file("\(folder)/w.safetensors")
      expectError(
        "FILE: weights do not fit a predictor: 2 missing: x_embedder.proj.bias [16], "
          + "blocks.1.attn.proj.bias [16]; 1 unexpected: bias; 1 misshapen: blocks.0.mlp.fc1.bias "
          + "is [2], should be [64]; the file may be damaged, or of a model with other parts", file
      ) { _ = try file.network(.predictor, stated: Tiny.heads) }
    }
  }

  /// To start a run from, a file must be of the run's model.
  @Test func otherSizesAreNamed() throws {
    try withTemporaryFolder { folder in
      let file = try file(Tiny.predictor, in: folder)
      var wanted = Tiny.predictor
      (wanted.depth, wanted.classes) = (1, 10)
      let error = #expect(throws: InputError.self) { try file.read(.network(wanted)) }
      #expect(
        error?.description.hasSuffix(
          "1 misshapen: y_embedder.embedding_table.weight is [4, 16], should be [11, 16]; it is of "
            + "another depth (2, not 1) and number of classes (3, not 10)") == true,
        "\(error?.description ?? "")")
      let read = try file.read(.network(Tiny.predictor))
      #expect(read.weights.count == (try SiT(Tiny.predictor).parameters.count))
      #expect(read.origin.takenName == "only")
    }
  }

  @Test func aMissingPositionTableIsComputed() throws {
    try withTemporaryFolder { folder in
      let file = try file(Tiny.predictor, in: folder, without: ["pos_embed"])
      expectError(
        "FILE: the side of the latents cannot be read from a file without pos_embed: "
          + "give model.inputSize", file
      ) { _ = try file.network(.predictor, stated: Tiny.heads) }
      var stated = Tiny.heads
      stated.inputSize = 4
      let selection = try file.network(.predictor, stated: stated).selection
      let origin = try file.origin(of: selection)
      #expect(origin.notes == ["the position table is computed, the file has none"])
      let table = try #require(try file.read(selection)["pos_embed"])
      let parameter = try SiT(Tiny.predictor).parameters.first { $0.path == "pos_embed" }
      #expect(table.array() == parameter?.initialised(seed: 0).array())
    }
  }

  @Test func halfPrecisionIsWidened() throws {
    try withTemporaryFolder { folder in
      for storage in FloatStorage.allCases {
        let file = try Tiny.records(.network(Tiny.predictor), value: 0.5, as: storage)
          .file("\(folder)/w.safetensors")
        let selection = try file.network(.predictor, stated: Tiny.heads).selection
        let weights = try file.read(selection)
        let paths = try selection.shape.parameters().map(\.path)
        for (index, path) in paths.enumerated() {
          #expect(weights[path]?.array().allSatisfy { $0 == 0.5 + Float(index) } == true)
        }
      }
    }
  }

  @Test func metadataDescribesFilesOfOurs() throws {
    try withTemporaryFolder { folder in
      let metadata = try ModelMetadata.describing(.network(Tiny.predictor))
      let records = try Tiny.records(.network(Tiny.predictor))
      let file = try records.file("\(folder)/w.safetensors", metadata: metadata)
      #expect(try file.network(.predictor).configuration == Tiny.predictor)
      var stated = StatedNetwork()
      stated.heads = 4
      expectError(
        "FILE: expected model.heads 4 as configured, found 2; "
          + "mend the configuration or name another file", file
      ) { _ = try file.network(.predictor, stated: stated) }
      expectError(
        "FILE: weights do not fit a refiner: 1 misshapen: x_embedder.proj.weight is [16, 4, 2, 2], "
          + "should be [16, 8, 2, 2]; this is a predictor; a refiner's x_embedder takes 8 channels",
        file
      ) { _ = try file.network(.refiner) }
    }
  }

  @Test func strangeShapesAreNoTrap() throws {
    let odd: [(String, [Int])] = [
      ("x_embedder.proj.weight", [0, 0, 0, 0]), ("x_embedder.proj.weight", [16, 4, 2, 3]),
      ("x_embedder.proj.weight", [1 << 40, 0, 1 << 20, 1 << 20]), ("pos_embed", [1, 3, 16]),
      ("pos_embed", [0]), ("y_embedder.embedding_table.weight", [1, 16]),
      ("final_layer.linear.weight", [31, 16]), ("blocks.99999999999.attn.qkv.weight", [0]),
      ("blocks.2000000.attn.qkv.weight", [0]), ("blocks.0.mlp.fc1.weight", [1 << 23, 0]),
    ]
    try withTemporaryFolder { folder in
      for (name, shape) in odd {
        var records = try Tiny.records(.network(Tiny.predictor)).filter { $0.name != name }
        let count = shape.reduce(1, *)
        records.append(
          TensorRecord(name, shape: shape, floats: Array(repeating: 0, count: count)))
        let file = try records.file("\(folder)/w.safetensors")
        for kind in [ModelKind.predictor, .refiner] {
          let error = #expect(throws: InputError.self, "\(name) \(shape)") {
            try file.network(kind, stated: Tiny.heads)
          }
          #expect(error?.description.contains("\n") == false)
        }
      }
    }
  }
}
