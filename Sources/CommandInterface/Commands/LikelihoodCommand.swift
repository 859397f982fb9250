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

  @OptionGroup var weights: WeightFlag

  @Flag(help: "Keeps the whole batches that an earlier run has left in the output folder.")
  var resume = false

  @OptionGroup var profile: ProfileOption

  @Flag(help: "Prints the configuration in full and estimates, and does nothing else.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    var source = source
    for (key, value) in [("plan", plan), ("count", count), ("classes", classes)] {
      if let value { source.overrides.append("likelihood.\(key)=\(value)") }
    }
    var configuration = try source.decode(LikelihoodConfiguration.self)
    if let choice = weights.choice { configuration.predictor.use = choice }
    let pipeline = Likelihood(configuration, observe: Terminal.observer)
    guard !dryRun else { return try pipeline.dryRun() }
    try profile.run { _ = try pipeline.run(resume: resume) }
  }
}
