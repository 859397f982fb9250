import ArgumentParser
import Pipelines

/// The flags of every command that computes: how much of the machine it takes, and what it says.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads to compute and decode with (OMP_NUM_THREADS, or one per available core).",
      valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "The least that is said: debug, info, warning or error (info). Results are always printed.",
      valueName: "level"))
  var logLevel: LogLevel?

  @Flag(help: "Says nothing but errors, as --log-level error does.")
  var quiet = false

  /// The level that the two flags stand for.
  var level: LogLevel { quiet ? .error : logLevel ?? .info }

  func validate() throws {
    let range = Processors.range
    if let threads, !range.contains(threads) {
      throw ValidationError(
        "--threads: expected \(range.lowerBound) to \(range.upperBound), found \(threads)")
    }
    if quiet, let logLevel, logLevel != .error {
      throw ValidationError("--quiet: expected alone, found --log-level \(logLevel) beside it")
    }
  }
}

extension LogLevel: ExpressibleByArgument {}

/// A command whose threads and messages ``Launcher`` sets before it runs.
protocol ComputingCommand: ParsableCommand {
  var common: CommonOptions { get }
}
