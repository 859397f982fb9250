import ArgumentParser
import Pipelines

struct InvertCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "invert",
    abstract: "Leads images back to their noise, and says how well they return from it.")

  @OptionGroup var task: TaskFlags
  @OptionGroup var images: ImageFlags

  var common: CommonOptions { task.batches.common }

  func run() throws {
    let configuration = try task.decode(InvertConfiguration.self, flags: images.flags)
    try task.run(try .invert(configuration, observe: Terminal.observer))
  }
}
