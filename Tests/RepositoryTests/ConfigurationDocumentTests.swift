import Configuration
import Pipelines
import Testing

/// docs/configuration.md has a row for every key, with its default, and no row beside.
@Suite struct ConfigurationDocumentTests {
  private struct Key: Hashable {
    let command: String
    /// The section's path, empty for the top.
    let section: String
    let name: String
    let value: String
  }

  /// The keys of a configuration that hold values.
  private static func keys(_ command: String, _ schema: some ConfigurationSchema) throws -> [Key] {
    try EveryConfiguration.keys(schema).map { key in
      let path = key.path.split(separator: ".").map(String.init)
      return Key(
        command: command, section: path.dropLast().joined(separator: "."),
        name: path.last ?? "", value: key.value)
    }
  }

  /// Every configuration with every section that may be null, and once more without.
  private static func all() throws -> [Key] {
    var all: [Key] = []
    for (command, schema) in EveryConfiguration.filled + EveryConfiguration.plain {
      all += try keys(command, schema)
    }
    return all
  }

  /// Whether the table under `heading` is about the section of `key`.
  private static func concerns(_ heading: String, _ key: Key) -> Bool {
    EveryConfiguration.concerns(heading, command: key.command, section: key.section)
  }

  @Test func everyKeyIsDocumentedWithItsDefault() throws {
    let rows = MarkdownTable.rows(of: try Repository.text("docs/configuration.md"))
    let keys = try Self.all()
    for key in keys {
      let path = "\(key.command): \(key.section).\(key.name)"
      let matches = rows.filter {
        $0.cells.first == "`\(key.name)`" && Self.concerns($0.heading, key)
      }
      #expect(!matches.isEmpty, "\(path) has no row")
      let defaults = matches.map { $0.cells[2] }
      // A required key's value is a placeholder. Filled sections hold values beside defaults.
      let values = keys.filter {
        ($0.command, $0.section, $0.name) == (key.command, key.section, key.name)
      }.map { "`\($0.value)`" }
      #expect(
        defaults.contains("required") || !Set(values).isDisjoint(with: defaults),
        "\(path): \(key.value), not \(defaults)")
    }
  }

  @Test func everyRowIsAKey() throws {
    let keys = try Self.all()
    // Rows without a default are sections or names of presets.
    let rows = MarkdownTable.rows(of: try Repository.text("docs/configuration.md"))
      .filter { $0.cells.count == 4 && $0.cells[0] != "key" && !$0.cells[2].isEmpty }
    #expect(rows.count > 60)
    for row in rows {
      #expect(
        keys.contains { "`\($0.name)`" == row.cells[0] && Self.concerns(row.heading, $0) },
        "\(row.heading): \(row.cells[0]) is no key")
    }
  }
}
