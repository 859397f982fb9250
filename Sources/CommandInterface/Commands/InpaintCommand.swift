import ArgumentParser
import Pipelines

struct InpaintCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "inpaint",
    abstract: "Paints the white part of a mask anew and keeps the rest of an image.")

  @OptionGroup var task: TaskFlags
  @OptionGroup var images: ImageFlags

  @Option(
    help: ArgumentHelp(
      "Short for --set inpaint.masks=…: white where to paint; may be repeated.",
      valueName: "path"), completion: .file())
  var mask: [String] = []

  @Option(help: "Short for --set inpaint.rounds=…: how often each step is run.")
  var rounds: Int?

  var common: CommonOptions { task.common }

  func run() throws {
    var configuration = try task.decode(
      InpaintConfiguration.self,
      flags: images.flags + [
        ("inpaint.masks", mask.isEmpty ? nil : .texts(mask)),
        ("inpaint.rounds", rounds.map { .number("\($0)") }),
      ])
    if let choice = task.weights.choice { configuration.task.use(choice) }
    let pipeline = Inpaint(configuration, observe: Terminal.observer)
    try task.run(pipeline.dryRun) { try pipeline.run(resume: $0) }
  }
}
