import ArgumentParser
import Pipelines

struct TrainPredictorCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-predictor",
    abstract: "Trains a predictor of velocities, or of noise, on latents.")

  @OptionGroup var source: ConfigurationOptions

  @Option(
    help: "Short for --set model.objective=…: velocity, or epsilon for a diffusion model's noise.")
  var objective: String?

  @OptionGroup var training: TrainingFlags

  @OptionGroup var common: CommonOptions

  func run() throws {
    let configuration = try source.decode(
      TrainPredictorConfiguration.self, flags: [("model.objective", objective)])
    let pipeline = TrainPredictor(configuration, observe: Terminal.observer)
    guard !training.dryRun else { return try pipeline.dryRun() }
    try training.finish(
      try training.profile.run {
        try pipeline.run(resume: training.resume, initial: training.initial)
      })
  }
}
