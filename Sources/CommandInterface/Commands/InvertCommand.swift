import ArgumentParser
import Pipelines

struct InvertCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "invert",
    abstract: "Leads images back to their noise, and says how well they return from it.")

  @OptionGroup var task: TaskFlags
  @OptionGroup var images: ImageFlags

  var common: CommonOptions { task.common }

  func run() throws {
    var configuration = try task.decode(InvertConfiguration.self, flags: images.flags)
    if let choice = task.weights.choice { configuration.task.use(choice) }
    let pipeline = Invert(configuration, observe: Terminal.observer)
    try task.run(pipeline.dryRun) { try pipeline.run(resume: $0) }
  }
}
