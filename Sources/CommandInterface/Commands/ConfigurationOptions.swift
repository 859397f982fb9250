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

  func decode<Schema: ConfigurationSchema>(_ schema: Schema.Type) throws -> Schema {
    try ConfigurationFile(path: config, overrides: overrides).decode(schema)
  }
}
