import ArgumentParser
import Pipelines

struct CurvatureCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "curvature",
    abstract: "Measures how much predictions change along trajectories from the same noise.")

  @OptionGroup var source: ConfigurationOptions

  @Option(help: "Short for --set sampling.plan=…: a plan of fixed steps such as heun:50.")
  var plan: String?

  @Option(help: "Short for --set sampling.count=…: the number of samples.")
  var count: String?

  @Option(
    help: "Short for --set sampling.labels=…: random, balanced or classes such as 0-4,207.")
  var labels: String?

  @OptionGroup var weights: WeightFlag

  @OptionGroup var common: CommonOptions

  func run() throws {
    var configuration = try source.decode(
      CurvatureConfiguration.self,
      flags: [
        ("sampling.plan", plan), ("sampling.count", count), ("sampling.labels", labels),
      ])
    if let choice = weights.choice {
      for index in configuration.predictors.indices {
        configuration.predictors[index].value.network.use = choice
      }
    }
    try Curvature(configuration, observe: Terminal.observer).run()
  }
}
