import Checkpoints
import Testing

@testable import Verification

/// Names and images of fixtures of kind `inception`; its numbers are `ReferenceFixtureTests`'.
@Suite struct InceptionFixtureTests {
  /// The fixture's images and one early feature of each protocol, which takes a tenth of the
  /// network's time.
  private func fixture() throws -> EditedFixture {
    var fixture = try EditedFixture("inception_raw")
    for name in fixture.tensors.keys where name.contains("_raw_") && !name.hasSuffix("_pool64") {
      remove(name, from: &fixture)
    }
    return fixture
  }

  private func remove(_ name: String, from fixture: inout EditedFixture) {
    fixture.tensors[name] = nil
    var table = fixture.metadata["tolerance"] as? [String: Any] ?? [:]
    var entries = table["tensors"] as? [String: Any] ?? [:]
    entries[name] = nil
    table["tensors"] = entries
    fixture.metadata["tolerance"] = table
  }

  private func rename(_ name: String, _ new: String, in fixture: inout EditedFixture) throws {
    let file = try SafetensorsFile(path: fixturePath("inception_raw"))
    let info = try file.info(name)
    remove(name, from: &fixture)
    fixture.tensors[new] = TensorRecord(
      new, shape: info.shape, type: info.type, bytes: try file.bytes(name))
    if name.contains("pool") { fixture.tolerate(new, ["atol": 4e-6]) }
  }

  /// `images_<case>` of 8 bits serves both protocols.
  @Test func imagesHaveEitherName() throws {
    var fixture = try fixture()
    try rename("raw_u8", "images_b_2", in: &fixture)
    try rename("adm_raw_pool64", "adm_b_2_pool64", in: &fixture)
    try rename("raw", "images_c", in: &fixture)
    try rename("fid_raw_pool64", "fid_c_pool64", in: &fixture)
    let report = try fixture.verify()
    #expect(report.failing == [])
    #expect(report.results.map(\.name).prefix(2) == ["adm_b_2_pool64", "fid_c_pool64"])
  }

  /// Quantised images are other images: the protocols must not be mixed up, nor what they take.
  @Test func theRightImagesAreTaken() throws {
    var fixture = try fixture()
    try rename("raw_u8", "images_raw", in: &fixture)
    #expect(try fixture.verify().failing == ["fid_raw_pool64"])
  }

  /// More images than go through the network at once, and not a multiple of them.
  @Test func anyNumberOfImages() throws {
    var fixture = try fixture()
    let file = try SafetensorsFile(path: fixturePath("inception_raw"))
    remove("fid_raw_pool64", from: &fixture)
    let (pixels, expected) = try (file.bytes("raw_u8"), file.floats("adm_raw_pool64"))
    let count = 10
    fixture.store(
      "raw_u8", [count, 3, 64, 64],
      pixels: Array([[UInt8]](repeating: pixels, count: count).joined()))
    var values = Array([[Float]](repeating: expected, count: count).joined())
    fixture.store("adm_raw_pool64", [count, 64], values)
    #expect(try fixture.verify().failing == [])
    values[9 * 64 + 5] += 1e-3
    fixture.store("adm_raw_pool64", [count, 64], values)
    let result = try fixture.verify().results.first
    #expect(result?.failure?.contains("[581]") == true)
  }

  @Test func otherSettingsFail() throws {
    for (key, value) in [("bn_eps", 0.01), ("running_var_scale", 1.0)] {
      var fixture = try fixture()
      fixture.configure { $0[key] = value }
      #expect(try fixture.verify().failing == ["adm_raw_pool64", "fid_raw_pool64"])
    }
    var counted = try fixture()
    counted.configure { $0["tensors"] = 565 }
    #expect(try counted.verify().failing == ["tensors"])
    for (key, value) in [("bn_eps", -1.0), ("classes", 0)] {
      var fixture = try fixture()
      fixture.configure { $0[key] = value }
      expectInputError(key) { _ = try fixture.verify() }
    }
  }

  @Test func whatNothingComputesFails() throws {
    var fixture = try fixture()
    fixture.store("fid_raw_pool65", [1], [0])
    fixture.store("adm_pool64", [1], [0])
    #expect(try fixture.verify().failing == ["adm_pool64", "fid_raw_pool65"])
  }

  @Test func imagesThatDoNotServeAreErrors() throws {
    var fixture = try fixture()
    fixture.tensors["raw_u8"] = nil
    expectInputError("'raw_u8'") { _ = try fixture.verify() }
    fixture = try self.fixture()
    fixture.store("raw_u8", [1, 3, 64, 64], [Float](repeating: 0, count: 3 * 64 * 64))
    expectInputError("'raw_u8'", "uint8", "F32") { _ = try fixture.verify() }
    fixture = try self.fixture()
    fixture.store("raw", [1, 4, 8, 8], [Float](repeating: 0, count: 256))
    expectInputError("'raw'", "(N, 3, H, W)", "[1, 4, 8, 8]") { _ = try fixture.verify() }
    fixture = try self.fixture()
    fixture.store("raw", [1, 3, 8, 8], [Float](repeating: .nan, count: 192))
    expectInputError("finite") { _ = try fixture.verify() }
    fixture = try self.fixture()
    fixture.tensors["raw"] = nil
    expectInputError("'images_raw' or 'raw'") { _ = try fixture.verify() }
  }
}
