import ArgumentParser
import Pipelines

struct TrainFeaturesCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-features",
    abstract: "Trains a network whose features judge images, on a folder of images.")

  @OptionGroup var source: ConfigurationOptions
  @OptionGroup var training: TrainingFlags

  @OptionGroup var common: CommonOptions

  func run() throws {
    let configuration = try source.decode(TrainFeaturesConfiguration.self)
    let pipeline = TrainFeatures(configuration, observe: Terminal.observer)
    guard !training.dryRun else { return try pipeline.dryRun() }
    try training.finish(
      try training.profile.run {
        try pipeline.run(resume: training.resume, initial: training.initial)
      })
  }
}
