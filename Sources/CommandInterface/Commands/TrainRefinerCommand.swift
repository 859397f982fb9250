import ArgumentParser
import Pipelines

/// `train-refiner`, an executable of its own.
public struct TrainRefinerCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "train-refiner",
    abstract: "Trains a velocity refiner for a frozen velocity predictor.")

  @OptionGroup var source: ConfigurationOptions
  @OptionGroup var training: TrainingFlags

  public init() {}

  public func run() throws {
    let configuration = try source.decode(TrainRefinerConfiguration.self)
    let pipeline = TrainRefiner(configuration, observe: Terminal.observer)
    guard !training.dryRun else { return try pipeline.dryRun() }
    try training.finish(
      try pipeline.run(resume: training.resume, initial: training.initial))
  }
}
