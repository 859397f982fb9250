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

  var common: CommonOptions { task.batches.common }

  func run() throws {
    let configuration = try task.decode(
      InpaintConfiguration.self,
      flags: images.flags + [
        ("inpaint.masks", mask.isEmpty ? nil : .texts(mask)),
        ("inpaint.rounds", rounds.map { .number("\($0)") }),
      ])
    try task.run(try .inpaint(configuration, observe: Terminal.observer))
  }
}
