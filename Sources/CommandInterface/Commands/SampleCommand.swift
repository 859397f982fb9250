import ArgumentParser
import Pipelines

struct SampleCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Draws images from a predictor, a refiner and a plan.")

  @OptionGroup var source: ConfigurationOptions

  @Option(help: "Short for --set sampling.plan=…: a plan such as H4P3R2, heun:8 or dopri5.")
  var plan: String?

  @Option(help: "Short for --set sampling.count=…: the number of samples.")
  var count: String?

  @Option(
    help: "Short for --set sampling.labels=…: random, balanced or classes such as 0-4,207.")
  var labels: String?

  @Option(
    help: "Short for --set sampling.indices=…: a part of the samples, such as 0..<5000.")
  var indices: String?

  @OptionGroup var batches: BatchFlags

  var common: CommonOptions { batches.common }

  func run() throws {
    var configuration = try source.decode(
      SampleConfiguration.self,
      flags: [
        ("sampling.plan", plan), ("sampling.count", count), ("sampling.labels", labels),
        ("sampling.indices", indices),
      ])
    if let choice = batches.weights.choice {
      configuration.predictor.use = choice
      configuration.refiner?.use = choice
    }
    let pipeline = Sample(configuration, observe: Terminal.observer)
    try batches.run(pipeline.dryRun) { try pipeline.run(resume: $0) }
  }
}
