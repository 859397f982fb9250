import Configuration
import Diagnostics
import Foundation
import Testing

@Suite struct OverrideTests {
  @Test func replaceAndAddValues() throws {
    let value = try decode(
      minimal,
      overrides: [
        "training.steps=9", "training.steps=10", "extra.heads=4", "output='a b'", "widths=[7, 8]",
        "letters=", "letters=ab",
      ])
    #expect(value.training.steps == 10)
    #expect(value.extra == .init(size: 8, heads: 4))
    #expect(value.output == "a b")
    #expect(value.widths == [7, 8])
    #expect(value.letters.text == "ab")
  }

  @Test func valuesAreHeldToTheSameRules() {
    expectError(
      "--set training.steps=many: training.steps: expected an integer from 1 to 1000, found 'many'",
      minimal, overrides: ["training.steps=many"])
    expectError(
      "--set training.stepz=5: training.stepz: unknown key; did you mean training.steps?",
      minimal, overrides: ["training.stepz=5"])
    expectError(
      "--set extra.heads=3: extra.size: expected a multiple of heads (3), found 8",
      minimal, overrides: ["extra.heads=3"])
    expectError(
      "--set letters=[ab]x3: letters: unknown letter '['", minimal, overrides: ["letters=[ab]x3"])
    expectError(
      "--set output.name=5: output: expected a section to set name in, found 'here' (x.yaml:1)",
      minimal, overrides: ["output.name=5"])
    expectError("--set seed: expected key=value, found no '='", minimal, overrides: ["seed"])
    expectError(
      "--set a..b=1: expected a key like training.steps, found 'a..b'", minimal,
      overrides: ["a..b=1"])
    let deep = String(repeating: "a.", count: 100_000) + "b=1"
    #expect(throws: InputError.self) { try decode(minimal, overrides: [deep]) }
  }
}

@Suite struct HostileFileTests {
  @Test func invalidYAMLIsNamed() {
    expectError("x.yaml:1: seed: duplicate key, first given here", "seed: 1\nseed: 2\n")
    expectError("x.yaml:1: seed: duplicate key, first given here", "seed: 1\n\"seed\": 2\n")
    expectError("x.yaml:2: 1: duplicate key", "1: a\n\"1\": b\n")
    expectError("x.yaml:1: expected keys and values at the top, found a list of 1", "- 5")
    expectError("x.yaml:1: expected keys and values at the top, found 5", "5")
    expectError("x.yaml:1: a key must be a plain name", "[1, 2]: 3")
    expectError(
      "x.yaml:1: not valid YAML: while parsing a block mapping did not find expected key; "
        + "text that begins with a sign such as [ needs quotes",
      "sampling: [H1]x3\n")
    expectError(
      "x.yaml:2: not valid YAML: expected a single document in the stream but found another document; "
        + "text that begins with a sign such as [ needs quotes",
      "seed: 1\n---\nseed: 2\n")
    expectError(
      "x.yaml:2: not valid YAML: control characters are not allowed", "seed: 1\na: \u{1}\n")
  }

  @Test func anchorsAndAliasesAreRefused() {
    expectError(
      "x.yaml:1: seed: anchors (&name) are not allowed; write values out", "seed: &a 1\nx: *a\n")
    expectError(
      "x.yaml:1: a: anchors (&name) are not allowed; write values out",
      "a: &a {b: 1}\nx: {<<: *a}\n")
    var bomb = "a0: &a0 [x, x]\n"
    for level in 1...40 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    bomb += "? *a40 : 1\n"
    expectError("x.yaml:4: aliases (*name) are not allowed; write values out", bomb)
  }

  @Test(arguments: ["!!int '5'", "!!str 5", "!x 5", "!x [5]", "!x {a: 5}"])
  func tagsAreRefused(_ value: String) {
    expectError(
      "x.yaml:1: seed: tags (!name) are not allowed; quotes make a value text", "seed: \(value)")
  }

  @Test func depthIsBounded() {
    for opening in ["[", "{a: ", "- ", "? "] {
      let text = "seed: " + String(repeating: opening, count: 30_000)
      #expect(throws: InputError.self) { try decode(text) }
      #expect(throws: InputError.self) {
        try decode(String(repeating: opening, count: 500) + "1")
      }
    }
    let nested = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    expectError("x.yaml:1: nested deeper than 32 levels", "seed: \(nested)")
  }

  @Test func textsAreShownOnOneShortLine() {
    expectError(
      "x.yaml:1: flag: expected true or false, found 'a\\u{1B}\(String(repeating: "b", count: 58))…'",
      "flag: \"a\\e\(String(repeating: "b", count: 500))\"")
  }

  @Test func filesAreReadWithinBounds() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/configuration-\(UUID())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func write(_ data: Data) throws -> String {
      let path = folder + "/x.yaml"
      try data.write(to: URL(fileURLWithPath: path))
      return path
    }

    let path = try write(Data(minimal.utf8))
    #expect(try ConfigurationFile(path: path).decode(Example.self).training.steps == 5)

    func expectFailure(
      _ path: String, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(sourceLocation: sourceLocation) {
        try ConfigurationFile(path: path)
      } throws: {
        "\($0)" == "\(path): \(message)"
      }
    }
    expectFailure(folder + "/no", "expected a readable configuration file, found no such file")
    _ = try write(Data([0x61, 0x3A, 0xFF]))
    expectFailure(path, "expected UTF-8 text, found other bytes")
    _ = try write(Data(repeating: 0x20, count: ConfigurationFile.maximumBytes + 1))
    expectFailure(path, "expected at most 262144 bytes, found more")
    expectFailure("/dev/zero", "expected at most 262144 bytes, found more")
    #expect(throws: InputError.self) { try ConfigurationFile(path: folder) }
  }
}
