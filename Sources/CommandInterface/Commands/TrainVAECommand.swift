import ArgumentParser
import Diagnostics
import Pipelines
import Training

struct TrainVAECommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-vae", abstract: "Trains an autoencoder on a folder of images.")

  @OptionGroup var source: ConfigurationOptions
  @OptionGroup var training: TrainingFlags

  func run() throws {
    let configuration = try source.decode(TrainVAEConfiguration.self)
    let pipeline = TrainVAE(configuration, observe: Terminal.observer)
    try training.finish(
      try pipeline.run(resume: training.resume, initial: training.initial))
  }
}

/// The flags of every command that trains.
struct TrainingFlags: ParsableArguments {
  @Flag(help: "Goes on from the newest state in the output folder.")
  var resume = false

  @Option(
    help: ArgumentHelp("Starts from these weights instead of fresh ones.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var initial: String?

  /// - Throws: ``Ending`` with exit code 3 where the run was stopped.
  func finish(_ outcome: TrainingOutcome) throws {
    if case .stopped(let step) = outcome {
      throw Ending(
        exitCode: .stoppedResumable,
        description: "stopped after step \(step), state saved: repeat the command with --resume")
    }
  }
}
