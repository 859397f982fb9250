import ArgumentParser
import Configuration

/// The flags of commands that work on images and noise with a plan.
struct TaskFlags: ParsableArguments {
  @OptionGroup var source: ConfigurationOptions

  @Option(help: "Short for --set sampling.plan=…: H4P3R2, [H1P1R1]x3, heun:4.")
  var plan: String?

  @OptionGroup var weights: WeightFlag

  @Flag(help: "Keeps the whole batches that an earlier run has left in the output folder.")
  var resume = false

  @OptionGroup var profile: ProfileOption

  @Flag(help: "Prints the configuration in full and estimates, and does nothing else.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  /// - Parameter flags: keys with the values that other flags gave them, which win.
  func decode<Schema: ConfigurationSchema>(
    _ schema: Schema.Type, flags: [(key: String, value: ConfigurationFlag?)]
  ) throws -> Schema {
    var source = source
    let all = flags + [(key: "sampling.plan", value: plan.map { .text($0) })]
    source.overrides += all.compactMap { key, value in value.map { "\(key)=\($0.yaml)" } }
    return try source.decode(schema)
  }

  /// Runs a command, or says what it would take.
  func run(_ dry: () throws -> Void, _ command: (_ resume: Bool) throws -> Void) throws {
    guard !dryRun else { return try dry() }
    try profile.run { try command(resume) }
  }
}

/// The flags of commands that take images.
struct ImageFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Short for --set input.images=…: an image or a folder of images; may be repeated.",
      valueName: "path"), completion: .file())
  var images: [String] = []

  @Option(
    help: ArgumentHelp(
      "Short for --set sampling.labels=…: images (by their folders), none, or classes such as torus,9.",
      valueName: "classes"))
  var labels: String?

  var flags: [(key: String, value: ConfigurationFlag?)] {
    [
      ("input.images", images.isEmpty ? nil : .texts(images)),
      ("sampling.labels", labels.map { .text($0) }),
    ]
  }
}
