import ArgumentParser
import Pipelines

/// `train-refiner`, an executable of its own.
public struct TrainRefinerCommand: ComputingCommand {
  public static let configuration = CommandConfiguration(
    commandName: "train-refiner",
    abstract: "Trains a velocity refiner for a frozen velocity predictor.")

  @OptionGroup var source: ConfigurationOptions
  @OptionGroup var training: TrainingFlags
  @OptionGroup var weights: WeightFlag

  @OptionGroup var common: CommonOptions

  public init() {}

  public func run() throws {
    var configuration = try source.decode(TrainRefinerConfiguration.self)
    if let choice = weights.choice { configuration.teacher.use = choice }
    let pipeline = TrainRefiner(configuration, observe: Terminal.observer)
    guard !training.dryRun else { return try pipeline.dryRun() }
    try training.finish(
      try training.profile.run {
        try pipeline.run(resume: training.resume, initial: training.initial)
      })
  }
}
