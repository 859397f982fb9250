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

  @OptionGroup var weights: WeightFlag

  @Flag(help: "Keeps the whole batches that an earlier run has left in the output folder.")
  var resume = false

  @OptionGroup var profile: ProfileOption

  @Flag(help: "Prints the configuration in full and estimates, and does nothing else.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    var source = source
    for (key, value) in [
      ("plan", plan), ("count", count), ("labels", labels), ("indices", indices),
    ] {
      if let value { source.overrides.append("sampling.\(key)=\(value)") }
    }
    var configuration = try source.decode(SampleConfiguration.self)
    if let choice = weights.choice {
      configuration.predictor.use = choice
      configuration.refiner?.use = choice
    }
    let pipeline = Sample(configuration, observe: Terminal.observer)
    guard !dryRun else { return try pipeline.dryRun() }
    try profile.run { try pipeline.run(resume: resume) }
  }
}
