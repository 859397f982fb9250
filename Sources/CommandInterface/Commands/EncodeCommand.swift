import ArgumentParser
import Configuration
import ModelFiles
import Pipelines

struct EncodeCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Encodes a folder of images into a file of latents.",
    discussion: """
      Everything is given by a configuration, by flags, or by both; flags win. A run that \
      was stopped or killed goes on when the command is repeated.
      """)

  @OptionGroup var source: OptionalConfiguration

  @Option(help: ArgumentHelp("A folder with a folder per class inside.", valueName: "dir"))
  var images: String?

  @Option(help: ArgumentHelp("The autoencoder's weights: a file or a folder.", valueName: "path"))
  var vae: String?

  @Option(help: ArgumentHelp("An .h5 file, or a folder for latents.h5.", valueName: "path"))
  var output: String?

  @Option(help: ArgumentHelp("Side in pixels to crop and resize to (256).", valueName: "pixels"))
  var size: Int?

  @Option(help: ArgumentHelp("Images per batch (16).", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("Threads that decode (as many as compute).", valueName: "n"))
  var workers: Int?

  @OptionGroup var weights: WeightFlag

  @Flag(help: "The first broken image is an error.")
  var strict = false

  @Option(help: ArgumentHelp("The share of broken images to bear (0.01).", valueName: "share"))
  var maxBroken: Double?

  @Flag(help: "Prints the configuration in full and estimates, and does nothing else.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard source.config != nil || (images != nil && vae != nil && output != nil) else {
      throw ValidationError("Give --config, or --images, --vae and --output.")
    }
  }

  func run() throws {
    let flags: [(String, ConfigurationFlag?)] = [
      ("output", output.map { .text($0) }), ("encode.images", images.map { .text($0) }),
      ("encode.vae.weights", vae.map { .text($0) }), ("encode.size", size.map { .number("\($0)") }),
      ("encode.vae.use", weights.choice.map { .text($0.rawValue) }),
      ("encode.batch", batch.map { .number("\($0)") }),
      ("encode.workers", workers.map { .number("\($0)") }),
      ("encode.strict", strict ? .number("true") : nil),
      ("encode.maxBroken", maxBroken.map { .number("\($0)") }),
    ]
    let configuration = try source.decode(EncodeConfiguration.self, flags: flags)
    let pipeline = Encode(configuration, observe: Terminal.observer)
    if dryRun { try pipeline.dryRun(configuration) } else { try pipeline.run() }
  }
}
