import Checkpoints
import Diagnostics
import Testing

@testable import Verification

/// What a fixture may say, and what is an error.
@Suite struct FixtureTests {
  // MARK: Numbers that are off

  @Test func aPerturbedResultFailsByNameAndIndex() throws {
    var fixture = try EditedFixture("sit_tiny")
    try fixture.perturb("out", of: "sit_tiny", at: 17, by: 1e-3)
    let report = try fixture.verify()
    #expect(!report.passes && report.failing == ["out"])
    #expect(report.results.first { $0.name == "out" }?.failure?.contains("[17]") == true)
  }

  @Test func aPerturbedInputFails() throws {
    var fixture = try EditedFixture("sit_tiny")
    try fixture.perturb("x", of: "sit_tiny", at: 0, by: 0.1)
    #expect(try fixture.verify().failing.contains("out"))
  }

  @Test func anotherSaltFails() throws {
    var fixture = try EditedFixture("train_predictor_tiny")
    fixture.metadata["salts"] = ["model": "public-2", "inputs": "public-1"]
    #expect(try fixture.verify().failing.contains("loss"))
  }

  @Test(arguments: [(32, true), (63, true), (31, false), (64, false)])
  func ignoredRangesOfAFixtureAreHonoured(index: Int, passes: Bool) throws {
    let name = "param/blocks.0.attn.qkv.bias"
    var fixture = try EditedFixture("train_refiner_tiny")
    try fixture.perturb(name, of: "train_refiner_tiny", at: index, by: 1)
    #expect(try fixture.verify().failing == (passes ? [] : [name]))
  }

  @Test func otherOptimiserSettingsAreUsed() throws {
    var fixture = try EditedFixture("train_refiner_tiny")
    fixture.configure { $0["ema_decay"] = 0.5 }
    let failing = try fixture.verify().failing
    #expect(!failing.isEmpty && failing.allSatisfy { $0.hasPrefix("ema/") })
  }

  @Test func aTensorThatNothingComputesFails() throws {
    var fixture = try EditedFixture("sit_tiny")
    fixture.store("block3", [1], [0])
    fixture.store("surprise", [1], [0])
    #expect(try fixture.verify().failing == ["block3", "surprise"])
  }

  @Test(arguments: ["param/", "ema/", "exp_avg/", "exp_avg_sq/"])
  func aPrefixAloneNamesNoWeight(name: String) throws {
    var fixture = try EditedFixture("train_refiner_tiny")
    fixture.store(name, [1], [0])
    #expect(try fixture.verify().failing == [name])
  }

  @Test func aResultOfAnotherShapeFails() throws {
    var fixture = try EditedFixture("train_predictor_tiny")
    fixture.store("loss_per_sample", [2], [1, 1])
    #expect(try fixture.verify().failing == ["loss_per_sample"])
  }

  // MARK: Settings

  @Test func settingsHaveThePublishedDefaults() throws {
    for name in ["sit_tiny", "refiner_tiny"] {
      var fixture = try EditedFixture(name)
      fixture.configure {
        for key in [
          "learn_sigma", "mlp_ratio", "frequency_embedding_size", "patch_size", "in_channels",
          "cfg_scales", $0["model"] as? String == "refiner" ? "in_channels_scale" : "model",
        ] { $0[key] = nil }
        $0["later_addition"] = ["anything"]
      }
      #expect(try fixture.verify().failing == [])
    }
  }

  @Test func theOptimisersDefaultsArePyTorchs() throws {
    var fixture = try EditedFixture("train_refiner_tiny")
    fixture.configure {
      $0["optimizer"] = nil
      $0["steps"] = nil
    }
    #expect(try fixture.verify().failing == [])
  }

  @Test func scalesAreFoundByTheirShortName() {
    let scales = GuidanceScales([1.23456789, 4])
    #expect(scales.value("1.23457") == 1.23456789)
    #expect(scales.value("4") == 4)
    #expect(scales.value("7.5") == 7.5)
    #expect(scales.value("much") == nil)
  }

  // MARK: Errors

  @Test func anUnknownKindListsTheKnownOnes() throws {
    var fixture = try EditedFixture("sit_tiny")
    fixture.metadata["kind"] = "solver_v2"
    expectInputError("solver_v2", "center_crop", "formula", "vae_train") {
      _ = try fixture.verify()
    }
  }

  @Test func whatIsNoFixtureIsAnError() throws {
    expectInputError("missing.safetensors") {
      _ = try FixtureVerifier().verify(path: "/nowhere/missing.safetensors")
    }
    var fixture = try EditedFixture("sit_tiny")
    fixture.metadata["kind"] = nil
    expectInputError("'kind' is missing") { _ = try fixture.verify() }
    fixture.metadata["kind"] = 3
    expectInputError("kind: expected String") { _ = try fixture.verify() }
    fixture = EditedFixture(kind: "sit", config: [:])
    expectInputError("inputs alone") { _ = try fixture.verify() }
  }

  @Test func settingsOfAnotherTypeNameTheirKey() throws {
    var fixture = try EditedFixture("train_refiner_tiny")
    fixture.configure { $0["refiner"] = ["depth": "one"] }
    expectInputError("config.refiner.depth: expected Int") { _ = try fixture.verify() }
    fixture.configure { $0["refiner"] = nil }
    expectInputError("'config.refiner' is missing") { _ = try fixture.verify() }
  }

  @Test(arguments: [
    ("hidden_size", 66), ("depth", 0), ("num_heads", 7), ("in_channels_scale", 3),
    ("num_classes", -1), ("hidden_size", 65_536),
  ])
  func impossibleSettingsAreErrors(key: String, value: Int) throws {
    var fixture = try EditedFixture("sit_tiny")
    fixture.configure {
      $0[key] = value
      // More weights than any machine holds.
      if value == 65_536 { $0["depth"] = 1024 }
    }
    expectInputError { _ = try fixture.verify() }
  }

  @Test func otherOptimisersAreErrors() throws {
    var fixture = try EditedFixture("train_refiner_tiny")
    fixture.configure { $0["optimizer"] = ["name": "Lion"] }
    expectInputError("Lion", "AdamW") { _ = try fixture.verify() }
  }

  @Test func aMissingSaltIsAnError() throws {
    var fixture = try EditedFixture("flowturbo_sampling_tiny")
    fixture.metadata["salts"] = ["predictor": "public-1"]
    expectInputError("'refiner'", "predictor") { _ = try fixture.verify() }
  }

  @Test func tolerancesOfWhatIsNotThereAreErrors() throws {
    var fixture = try EditedFixture("sit_tiny")
    fixture.tensors["out"] = nil
    expectInputError("'out'") { _ = try fixture.verify() }
    fixture = try EditedFixture("sit_tiny")
    fixture.tolerate("c", ["ignore": [0, 193]])
    expectInputError("tolerance.tensors.c.ignore") { _ = try fixture.verify() }
  }

  @Test func inputsThatDoNotFitAreErrors() throws {
    let good = try EditedFixture("sit_tiny")
    var fixture = good
    fixture.tensors["t"] = nil
    expectInputError("'t'") { _ = try fixture.verify() }
    fixture = good
    fixture.store("t", [4], [0, 0, 0, 0])
    expectInputError("'t'", "[3]", "[4]") { _ = try fixture.verify() }
    #expect { _ = try fixture.verify() } throws: {
      // The folder is a fresh one each time.
      "\($0)".split(separator: ":").first?.hasSuffix("/edited.safetensors") == true
    }
    fixture = good
    fixture.tensors["y"] = TensorRecord("y", shape: [3], integers: [0, 11, 0])
    expectInputError("'y'", "0 to 10", "11") { _ = try fixture.verify() }
    fixture = good
    fixture.store("x", [3, 4, 8, 6], [Float](repeating: 0, count: 576))
    expectInputError("[3, 4, 8, 8]") { _ = try fixture.verify() }
    fixture = good
    fixture.store("x", [0, 4, 8, 8], [])
    expectInputError("'x'") { _ = try fixture.verify() }
  }
}
