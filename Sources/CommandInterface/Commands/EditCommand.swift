import ArgumentParser
import Pipelines

struct EditCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit",
    abstract: "Noises images a part of the way and samples them again as another class.")

  @OptionGroup var task: TaskFlags
  @OptionGroup var images: ImageFlags

  @Option(help: "Short for --set edit.strength=…: 0 leaves the image, 1 nothing of it.")
  var strength: Double?

  var common: CommonOptions { task.common }

  func run() throws {
    var configuration = try task.decode(
      EditConfiguration.self,
      flags: images.flags + [("edit.strength", strength.map { .number("\($0)") })])
    if let choice = task.weights.choice { configuration.task.use(choice) }
    let pipeline = Edit(configuration, observe: Terminal.observer)
    try task.run(pipeline.dryRun) { try pipeline.run(resume: $0) }
  }
}
