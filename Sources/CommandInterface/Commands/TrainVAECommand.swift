import ArgumentParser
import Pipelines

struct TrainVAECommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-vae", abstract: "Trains an autoencoder on a folder of images.")

  @OptionGroup var source: ConfigurationOptions
  @OptionGroup var training: TrainingFlags

  @OptionGroup var common: CommonOptions

  func run() throws {
    let configuration = try source.decode(TrainVAEConfiguration.self)
    let pipeline = TrainVAE(configuration, observe: Terminal.observer)
    guard !training.dryRun else { return try pipeline.dryRun() }
    try training.finish(
      try training.profile.run {
        try pipeline.run(resume: training.resume, initial: training.initial)
      })
  }
}
