import ArgumentParser
import Configuration
import Pipelines

/// The flags of commands that work on images and noise with a plan.
struct TaskFlags: ParsableArguments {
  @OptionGroup var source: ConfigurationOptions

  @Option(help: "Short for --set sampling.plan=…: H4P3R2, [H1P1R1]x3, heun:4.")
  var plan: String?

  @OptionGroup var batches: BatchFlags

  /// - Parameter flags: keys with the values that other flags gave them, which win.
  func decode<Schema: TaskConfiguration>(
    _ schema: Schema.Type, flags: [(key: String, value: ConfigurationFlag?)]
  ) throws -> Schema {
    let all = flags + [(key: "sampling.plan", value: plan.map { .text($0) })]
    var configuration = try source.decode(schema, flags: all.map { ($0.key, $0.value?.yaml) })
    if let choice = batches.weights.choice { configuration.task.use(choice) }
    return configuration
  }

  /// Runs a task, or says what it would take.
  func run(_ editing: EditingTask) throws {
    try batches.run(editing.dryRun) { try editing.run(resume: $0) }
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
