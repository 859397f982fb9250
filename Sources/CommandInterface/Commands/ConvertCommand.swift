import ArgumentParser
import Checkpoints
import Configuration
import Pipelines

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Writes weights of any origin as safetensors that say what they are.",
    discussion: """
      Names become today's official ones and the metadata says kind and sizes, so that the \
      result loads without further words. Unknown models keep their names. Memory holds one \
      piece of a tensor at a time.
      """)

  @Argument(help: "A file of weights, or a folder of diffusers.", completion: .file())
  var input: String

  @Argument(
    help: "The file to write, ending in .safetensors.",
    completion: .file(extensions: ["safetensors"])
  )
  var output: String

  @Option(
    help: ArgumentHelp(
      "Averages, raw weights or both, where a file has both. Averages are taken without it.",
      valueName: "ema|raw|all"))
  var weights: ConvertedSets?

  @Option(
    help: ArgumentHelp(
      "What floats are stored as; as they are without it.", valueName: "float32|float16|bfloat16"))
  var type: FloatStorage?

  @Flag(help: "Keeps every tensor and its name; with --weights those of one set.")
  var keepNames = false

  @Flag(help: "Replaces a file that is there.")
  var force = false

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Says what no shape shows, as in --set model.heads=8; may be repeated.",
      valueName: "key=value"))
  var overrides: [String] = []

  func run() throws {
    var convert = Convert(input: input, output: output, observe: Terminal.observer)
    (convert.sets, convert.storage) = (weights, type)
    (convert.keepsNames, convert.isForced) = (keepNames, force)
    convert.stated = try ConfigurationFile(text: "", name: "command line", overrides: overrides)
      .decode(ConvertedModel.self)
    try convert.run()
  }
}

extension ConvertedSets: ExpressibleByArgument {}
extension FloatStorage: ExpressibleByArgument {}
