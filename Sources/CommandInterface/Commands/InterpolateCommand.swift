import ArgumentParser
import Pipelines

struct InterpolateCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "interpolate",
    abstract: "Draws pictures between two, of noise and class between theirs.")

  @OptionGroup var task: TaskFlags

  @Option(help: "Short for --set interpolate.frames=…: pictures, both ends among them.")
  var frames: Int?

  var common: CommonOptions { task.common }

  func run() throws {
    var configuration = try task.decode(
      InterpolateConfiguration.self,
      flags: [("interpolate.frames", frames.map { .number("\($0)") })])
    if let choice = task.weights.choice { configuration.task.use(choice) }
    let pipeline = Interpolate(configuration, observe: Terminal.observer)
    try task.run(pipeline.dryRun) { try pipeline.run(resume: $0) }
  }
}
