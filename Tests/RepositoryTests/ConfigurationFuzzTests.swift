import Configuration
import Diagnostics
import Foundation
import FuzzSupport
import Testing

/// Damaged configuration files.
@Suite struct ConfigurationFuzzTests {
  /// All files under configs/, and what YAML has that they do not.
  private static func corpus() throws -> [[UInt8]] {
    let files = try FileManager.default.subpathsOfDirectory(atPath: "\(Repository.root)/configs")
      .filter { $0.hasSuffix(".yaml") }.sorted()
    let texts =
      try files.map { try Repository.text("configs/\($0)") } + [
        "a: &x [1, *x]\nb: *x\n", "? [a, b]\n: {c: !!str 1}\n", "\u{FEFF}output: x\n",
        "output: |\n  a\n  b\nseed: >-\n  1\n", "%YAML 1.1\n---\noutput: x\n...\n---\nb: 1\n",
        "{output: 'it''s', seed: 0x10, <<: {a: 1}}\n", "- - - [{a: [b]}]\n",
        "\"\\u00e9\\x41\": é\n",
      ]
    return texts.map { Array($0.utf8) }
  }

  private static func decode<Schema: ConfigurationSchema>(_ file: ConfigurationFile, _: Schema)
    throws
  {
    let yaml = try ResolvedConfiguration(file.decode(Schema.self)).yaml
    let again = try ConfigurationFile(text: yaml, name: "resolved").decode(Schema.self)
    guard try ResolvedConfiguration(again).yaml == yaml else {
      throw DamagedFiles.Contradiction("printed as another configuration: \(yaml)")
    }
  }

  @Test func yaml() throws {
    let schemas = EveryConfiguration.filled.map { $0.schema }
    try DamagedFiles(shortForm: 300).run("yaml", corpus: Self.corpus()) { path in
      let file = try ConfigurationFile(path: path)
      var refusal: InputError?
      for schema in schemas {
        do {
          return try Self.decode(file, schema)
        } catch let error as InputError {
          refusal = error
        }
      }
      if let refusal { throw refusal }
    }
  }

  /// Texts as large as are read that make a parser's work grow faster than they do.
  @Test func largestTextsAreReadInTime() throws {
    // The short form reads an eighth.
    let size = ConfigurationFile.maximumBytes / (DamagedFiles.mutations == nil ? 8 : 1) - 16
    func repeated(_ text: String) -> String {
      String(repeating: text, count: size / text.utf8.count)
    }
    let numbered = (0..<size / 12).map { "k\($0): 1\n" }.joined()
    let texts = [
      repeated("["), repeated("{a: "), repeated("{"), repeated("- "), repeated("? "),
      repeated("a:\n "), repeated("&a "), repeated("!t "), repeated("\"\\x41"), repeated("a\n"),
      repeated("#\n"), repeated("- a\n"), repeated("[a,\n"), repeated("'"), repeated("|\n "),
      repeated("%A\n"), repeated("---\n"), repeated("\t"), repeated("é"), repeated("x"),
      repeated("? [a]\n"), repeated("a: &b *b\n"), numbered,
      "output: " + repeated("x"), "output: [" + repeated("1,") + "]",
      "a: {" + repeated("b,") + "}", "\"" + repeated("\\n") + "\": 1",
    ]
    let schema = try #require(EveryConfiguration.filled.first).schema
    let clock = ContinuousClock()
    for text in texts {
      let time = try clock.measure {
        do {
          try Self.decode(ConfigurationFile(text: text, name: "large.yaml"), schema)
        } catch let error as InputError {
          #expect(error.description.hasPrefix("large.yaml"), "\(error.description.prefix(200))")
          #expect(error.description.utf8.count <= DamagedFiles.longestMessage)
        }
      }
      #expect(time < .seconds(10), "\(text.prefix(20).debugDescription): \(time)")
    }
  }
}
