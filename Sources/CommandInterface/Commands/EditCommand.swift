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

  var common: CommonOptions { task.batches.common }

  func run() throws {
    let configuration = try task.decode(
      EditConfiguration.self,
      flags: images.flags + [("edit.strength", strength.map { .number("\($0)") })])
    try task.run(try .edit(configuration, observe: Terminal.observer))
  }
}
