import Checkpoints
import Diagnostics
import ModelFiles
import Models
import TemporaryFolders
import TensorGraph
import Testing

/// Which of a file's sets of weights is taken, and what is said of it.
@Suite struct WeightSetTests {
  private let shape = ModelShape.network(Tiny.predictor)

  /// The first value of the label table and what is said of the weights.
  private func load(_ file: ModelFile, _ choice: WeightChoice? = nil) throws -> (
    value: Float?, origin: WeightOrigin
  ) {
    let selection = try file.network(.predictor, choice, stated: Tiny.heads).selection
    let table = try file.read(selection)["y_embedder.embedding_table.weight"]
    return (table?.floats.first, try file.origin(of: selection))
  }

  /// The index of the label table among the parameters.
  private func index() throws -> Float {
    let paths = try shape.parameters().map(\.path)
    return Float(try #require(paths.firstIndex(of: "y_embedder.embedding_table.weight")))
  }

  private func checkpoint(_ folder: String, names: [(String, Float)]) throws -> ModelFile {
    try names.flatMap { prefix, value in
      try Tiny.records(shape, value: value) { prefix + $0 }
    }.file("\(folder)/w.safetensors")
  }

  @Test func averagesAreTakenWhereThereAreSome() throws {
    try withTemporaryFolder { folder in
      let file = try checkpoint(
        folder,
        names: [
          ("model/", 100), ("ema/", 200), ("opt/first_moment/", 300), ("first_moment/", 400),
        ])
      let standard = try load(file)
      #expect(standard.value == 200 + (try index()))
      #expect(standard.origin.taken == .ema)
      #expect(standard.origin.isOneOfSeveral)
      #expect(standard.origin.identity == "\(standard.origin.sha256)/ema")
      #expect(
        standard.origin.summary
          == "\(folder)/w.safetensors: predictor SiT of width 16, depth 2, patch 2, "
          + "ema weights (the file has raw ones too)")
      let raw = try load(file, .raw)
      #expect(raw.value == 100 + (try index()))
      #expect(raw.origin.takenName == "raw")
      #expect(raw.origin.identity != standard.origin.identity)
    }
  }

  @Test func theOnlyWeightsAreTaken() throws {
    try withTemporaryFolder { folder in
      for prefix in ["", "state_dict/", "anything/inside/"] {
        let file = try checkpoint(folder, names: [(prefix, 5)])
        for choice in [nil, WeightChoice.raw] {
          let (value, origin) = try load(file, choice)
          #expect(value == 5 + (try index()))
          #expect(origin.takenName == "only")
          #expect(origin.identity == origin.sha256)
          #expect(origin.summary.contains("the only weights in the file"))
        }
        expectError(
          "FILE: expected ema weights, found "
            + (prefix.isEmpty ? "the top of the file" : "'\(prefix.dropLast())'")
            + " only, which is not called ema; "
            + "leave out the choice of ema to take the only weights in the file", file
        ) { _ = try load(file, .ema) }
      }
    }
  }

  @Test func anAverageAloneIsNotRaw() throws {
    try withTemporaryFolder { folder in
      let file = try checkpoint(folder, names: [("model_ema/", 5)])
      #expect(try load(file).origin.taken == .ema)
      expectError(
        "FILE: expected raw weights, found 'model_ema' only, which is an average; "
          + "leave out the choice of raw to take the only weights in the file", file
      ) { _ = try load(file, .raw) }
    }
  }

  /// Files of ours say it in their metadata.
  @Test func metadataSaysWhichSetItIs() throws {
    try withTemporaryFolder { folder in
      for (text, choice) in [("ema", WeightChoice.ema), ("model", .raw)] {
        let file = try Tiny.records(shape).file(
          "\(folder)/w.safetensors", metadata: ["weights": text])
        #expect(try load(file).origin.taken == choice)
        let other = choice == .ema ? WeightChoice.raw : .ema
        #expect(throws: InputError.self) { try load(file, other) }
      }
    }
  }

  @Test func severalSetsAreNotGuessedAt() throws {
    try withTemporaryFolder { folder in
      let file = try checkpoint(folder, names: [("a/", 1), ("b/", 2)])
      expectError(
        "FILE: expected one set of weights of a predictor, found 2: 'a', 'b'; "
          + "save the one you mean in a file of its own", file
      ) { _ = try load(file) }
    }
  }

  @Test func bothNetworksInOneFileAreToldApart() throws {
    try withTemporaryFolder { folder in
      let file =
        try
        (Tiny.records(shape) { "teacher/" + $0 }
        + Tiny.records(.network(Tiny.refiner)) { "student/" + $0 })
        .file("\(folder)/w.safetensors")
      #expect(try file.network(.refiner, stated: Tiny.heads).configuration == Tiny.refiner)
      #expect(try file.network(.predictor, stated: Tiny.heads).configuration == Tiny.predictor)
    }
  }

  @Test func wrappersOfTorchAreStrippedAndSaidSo() throws {
    try withTemporaryFolder { folder in
      let file = try checkpoint(folder, names: [("ema/_orig_mod.module.", 1), ("model/", 2)])
      let (value, origin) = try load(file)
      #expect(value == 1 + (try index()))
      #expect(
        origin.notes == [
          "'_orig_mod.' stripped from every name", "'module.' stripped from every name",
        ])
    }
  }

  @Test func aPrefixOfSomeNamesIsLeftAlone() throws {
    try withTemporaryFolder { folder in
      let file = try Tiny.records(shape) { $0.hasPrefix("blocks.1") ? "module.\($0)" : $0 }
        .file("\(folder)/w.safetensors")
      let error = #expect(throws: InputError.self) { try load(file) }
      #expect(error?.description.contains("unexpected: module.blocks.1.") == true)
    }
  }

  @Test func otherWrappersAreNamed() throws {
    try withTemporaryFolder { folder in
      let file = try checkpoint(folder, names: [("net.", 1)])
      let error = #expect(throws: InputError.self) { try load(file) }
      #expect(
        error?.description.hasSuffix(
          "; every name begins with 'net.': save the state_dict of the model inside") == true)
    }
  }
}
