import ArgumentParser
import Pipelines

struct CompareCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Runs plans from the same noise: grids, times and distances from a fine solution.")

  @OptionGroup var source: ConfigurationOptions
  @OptionGroup var weights: WeightFlag

  @OptionGroup var common: CommonOptions

  func run() throws {
    var configuration = try source.decode(CompareConfiguration.self)
    if let choice = weights.choice {
      configuration.predictor.use = choice
      for index in configuration.refiners.indices {
        configuration.refiners[index].value.network.use = choice
      }
    }
    try Compare(configuration, observe: Terminal.observer).run()
  }
}
