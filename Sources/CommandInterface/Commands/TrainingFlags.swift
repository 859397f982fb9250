import ArgumentParser
import Diagnostics
import Training

/// The flags of every command that trains.
struct TrainingFlags: ParsableArguments {
  @Flag(help: "Goes on from the newest state in the output folder.")
  var resume = false

  @Option(
    help: ArgumentHelp("Starts from these weights instead of fresh ones.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var initial: String?

  @OptionGroup var profile: ProfileOption

  @Flag(help: "Prints the configuration in full and estimates, and does nothing else.")
  var dryRun = false

  /// - Throws: ``Ending`` with exit code 3 where the run was stopped.
  func finish(_ outcome: TrainingOutcome) throws {
    if case .stopped(let step) = outcome {
      throw Ending(
        exitCode: .stoppedResumable,
        description: "stopped after step \(step), state saved: repeat the command with --resume")
    }
  }
}
