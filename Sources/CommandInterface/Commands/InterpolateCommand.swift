import ArgumentParser
import Pipelines

struct InterpolateCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "interpolate",
    abstract: "Draws pictures between two, of noise and class between theirs.")

  @OptionGroup var task: TaskFlags

  @Option(help: "Short for --set interpolate.frames=…: pictures, both ends among them.")
  var frames: Int?

  var common: CommonOptions { task.batches.common }

  func run() throws {
    let configuration = try task.decode(
      InterpolateConfiguration.self,
      flags: [("interpolate.frames", frames.map { .number("\($0)") })])
    try task.run(.interpolate(configuration, observe: Terminal.observer))
  }
}
