import ArgumentParser
import Configuration
import Foundation

/// The configuration of a command that flags alone can drive too.
struct OptionalConfiguration: ParsableArguments {
  @Option(name: .long, help: "A YAML file.", completion: .file(extensions: ["yaml"]))
  var config: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides one key, as in --set encode.batch=8; may be repeated.", valueName: "key=value"))
  var overrides: [String] = []

  /// - Parameter flags: keys with the values that flags gave them, which win.
  func decode<Schema: ConfigurationSchema>(
    _ schema: Schema.Type, flags: [(key: String, value: ConfigurationFlag?)]
  ) throws -> Schema {
    let all = overrides + flags.compactMap { key, value in value.map { "\(key)=\($0.yaml)" } }
    let file =
      try config.map { try ConfigurationFile(path: $0, overrides: all) }
      ?? ConfigurationFile(text: "", name: "command line", overrides: all)
    return try file.decode(schema)
  }
}

/// A flag's value as a configuration has it.
enum ConfigurationFlag {
  /// Any text, paths above all.
  case text(String)
  /// A list of texts.
  case texts([String])
  /// A number or truth value in YAML.
  case number(String)

  var yaml: String {
    switch self {
    case .number(let text): text
    case .texts(let texts): "[" + texts.map { Self.text($0).yaml }.joined(separator: ", ") + "]"
    case .text(let text):
      // Double-quoted YAML takes JSON's escapes.
      "\""
        + text.unicodeScalars.map { scalar in
          switch scalar {
          case "\"", "\\": "\\\(scalar)"
          case _ where scalar.value < 0x20: String(format: "\\u%04X", scalar.value)
          default: String(scalar)
          }
        }.joined() + "\""
    }
  }
}
