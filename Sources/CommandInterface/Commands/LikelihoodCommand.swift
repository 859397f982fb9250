import ArgumentParser
import Pipelines

struct LikelihoodCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "likelihood",
    abstract: "Measures how likely a predictor finds latents, in bits per dimension.")

  @OptionGroup var source: ConfigurationOptions

  @Option(help: "Short for --set likelihood.plan=…: a solver such as rk4:10 or dopri5.")
  var plan: String?

  @Option(help: "Short for --set likelihood.count=…: samples, spread evenly over the file.")
  var count: String?

  @Option(help: "Short for --set likelihood.classes=…: own, unconditional or every.")
  var classes: String?

  @OptionGroup var batches: BatchFlags

  var common: CommonOptions { batches.common }

  func run() throws {
    var configuration = try source.decode(
      LikelihoodConfiguration.self,
      flags: [
        ("likelihood.plan", plan), ("likelihood.count", count), ("likelihood.classes", classes),
      ])
    if let choice = batches.weights.choice { configuration.predictor.use = choice }
    let pipeline = Likelihood(configuration, observe: Terminal.observer)
    try batches.run(pipeline.dryRun) { _ = try pipeline.run(resume: $0) }
  }
}
