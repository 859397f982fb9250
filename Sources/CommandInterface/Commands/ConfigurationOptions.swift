import ArgumentParser
import Configuration
import Diagnostics
import Pipelines

/// The flags of every command that a configuration drives.
struct ConfigurationOptions: ParsableArguments {
  @Option(name: .long, help: "The YAML file.", completion: .file(extensions: ["yaml"]))
  var config: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides one key, as in --set training.steps=500; may be repeated.",
      valueName: "key=value"))
  var overrides: [String] = []

  /// - Parameter flags: keys with the YAML that other flags gave them, which win.
  func decode<Schema: ConfigurationSchema>(
    _ schema: Schema.Type, flags: [(key: String, value: String?)] = []
  ) throws -> Schema {
    let values = flags.compactMap { key, value in value.map { "\(key)=\($0)" } }
    return try ConfigurationFile(path: config, overrides: overrides + values).decode(schema)
  }
}
