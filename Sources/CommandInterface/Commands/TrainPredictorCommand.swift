import ArgumentParser
import Pipelines

struct TrainPredictorCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-predictor", abstract: "Trains a velocity predictor on latents.")

  @OptionGroup var source: ConfigurationOptions
  @OptionGroup var training: TrainingFlags

  @OptionGroup var threading: ThreadOption

  func run() throws {
    let configuration = try source.decode(TrainPredictorConfiguration.self)
    let pipeline = TrainPredictor(configuration, observe: Terminal.observer)
    guard !training.dryRun else { return try pipeline.dryRun() }
    try training.finish(
      try training.profile.run {
        try pipeline.run(resume: training.resume, initial: training.initial)
      })
  }
}
