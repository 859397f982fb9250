import Checkpoints
import Testing

@testable import Verification

/// What fixtures of the kind `metrics` may say.
@Suite struct MetricsFixtureTests {
  /// Without what takes most of the time where it is not looked at.
  private func fixture(only names: Set<String>) throws -> EditedFixture {
    var fixture = try EditedFixture("metrics")
    for name in fixture.tensors.keys where !names.contains(name) && !["A", "B"].contains(name) {
      fixture.tensors[name] = nil
    }
    var table = fixture.metadata["tolerance"] as? [String: Any] ?? [:]
    let entries = table["tensors"] as? [String: Any] ?? [:]
    table["tensors"] = entries.filter { fixture.tensors.keys.contains($0.key) }
    fixture.metadata["tolerance"] = table
    return fixture
  }

  @Test func aPerturbedResultFails() throws {
    var fixture = try fixture(only: ["mu_A", "radii_B", "sigma_A_trace"])
    #expect(try fixture.verify().results.count == 3)
    #expect(try fixture.verify().failing == [])
    try fixture.perturb("mu_A", of: "metrics", at: 5, by: 1e-3)
    try fixture.perturb("radii_B", of: "metrics", at: 7, by: 1)
    #expect(try fixture.verify().failing == ["mu_A", "radii_B"])
  }

  @Test func settingsAreUsed() throws {
    let names: Set = [
      "fid_exact", "fid_exact_small", "precision_adm", "density", "is_permutation", "is_adm_split",
      "kid_full", "kid_subset_a", "kid_subset_values",
    ]
    let good = try fixture(only: names)
    #expect(try good.verify().failing == [])
    func failing(_ change: (inout [String: Any]) -> Void) throws -> Set<String> {
      var fixture = good
      fixture.configure(change)
      return Set(try fixture.verify().failing)
    }
    #expect(try failing { $0["N_small"] = 41 } == ["fid_exact_small"])
    #expect(try failing { $0["k_precision_recall"] = 9 } == ["precision_adm"])
    #expect(try failing { $0["k_density_coverage"] = 4 } == ["density"])
    func kernel(_ key: String, _ value: Any) throws -> Set<String> {
      try failing {
        var kid = $0["kid"] as? [String: Any] ?? [:]
        kid[key] = value
        $0["kid"] = kid
      }
    }
    #expect(
      try kernel("rng_seed", 2021) == ["is_permutation", "kid_subset_a", "kid_subset_values"])
    #expect(try kernel("degree", 2) == ["kid_full", "kid_subset_values"])
    #expect(try kernel("gamma", 0.02) == ["kid_full", "kid_subset_values"])
    #expect(try kernel("coef0", 0.5) == ["kid_full", "kid_subset_values"])
  }

  @Test func theDefaultsArePublished() throws {
    var fixture = try fixture(only: ["kid_full", "precision_adm", "coverage", "is_permutation"])
    fixture.configure {
      for key in ["k_precision_recall", "k_density_coverage"] { $0[key] = nil }
      $0["kid"] = ["subset_size": 100]
    }
    #expect(try fixture.verify().failing == [])
  }

  @Test func otherChunksAndUnknownNames() throws {
    var fixture = try fixture(only: ["is_adm_split", "is_fidelity_mean"])
    // The settings' chunks are of 100 rows, too.
    let file = try SafetensorsFile(path: fixturePath("metrics"))
    let info = try file.info("is_adm_split")
    fixture.tensors["is_adm_100"] = TensorRecord(
      "is_adm_100", shape: info.shape, type: info.type, bytes: try file.bytes("is_adm_split"))
    fixture.tolerate("is_adm_100", ["atol": 0, "rtol": 1e-5])
    #expect(try fixture.verify().failing == [])
    for name in ["is_adm_x", "is_fidelity_median", "fid_other", "fid_exact_large", "kid_middle"] {
      fixture.store(name, [1], [0])
    }
    #expect(
      try fixture.verify().failing == [
        "fid_exact_large", "fid_other", "is_adm_x", "is_fidelity_median", "kid_middle",
      ])
    fixture.configure { $0["logits"] = nil }
    #expect(try fixture.verify().failing.contains("is_adm_split"))
  }

  @Test func impossibleSettingsAreErrors() throws {
    let fixture = try fixture(only: [
      "fid_exact_small", "is_adm_split", "kid_subset_std", "radii_A",
    ])
    func expectError(_ part: String, _ change: (inout [String: Any]) -> Void) {
      var fixture = fixture
      fixture.configure(change)
      expectInputError("edited.safetensors", part) { _ = try fixture.verify() }
    }
    for count in [0, 1, -3, 501] { expectError("config.N_small") { $0["N_small"] = count } }
    for (rows, classes, period) in [
      (1 << 40, 1 << 40, 7), (1 << 20, 1 << 20, 7), (0, 5, 7), (5, -1, 7), (5, 5, 0),
    ] {
      expectError("config.logits") {
        $0["logits"] = ["N": rows, "C": classes, "period": period, "adm_split": 5]
      }
    }
    expectError("chunks") {
      $0["logits"] = ["N": 5, "C": 5, "period": 7, "adm_split": 0]
    }
    for k in [0, 500, -1] { expectError("images") { $0["k_precision_recall"] = k } }
    expectError("at least 501 images") { $0["kid"] = ["subset_size": 501] }
    expectError("'config.logits.N' is missing") { $0["logits"] = ["C": 5] }
  }

  @Test func featuresMustBeMatrices() throws {
    let good = try fixture(only: ["mu_A", "sigma_A_head"])
    var fixture = good
    fixture.tensors["B"] = nil
    expectInputError("'B'") { _ = try fixture.verify() }
    fixture = good
    fixture.store("A", [67200], [Float](repeating: 1, count: 67200))
    expectInputError("'A'", "[67200]") { _ = try fixture.verify() }
    fixture = good
    fixture.store("A", [2, 2], [1, 2, .nan, 4])
    expectInputError("A: expected finite features", "row 1, column 0") {
      _ = try fixture.verify()
    }
    fixture = good
    fixture.store("A", [3, 2], [1, 2, 3, 4, 5, 7])
    expectInputError("'sigma_A_head'", "[2, 2]") { _ = try fixture.verify() }
  }
}
