import ArgumentParser
import Pipelines

/// The flag of every command that computes.
struct ThreadOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads to compute and decode with (OMP_NUM_THREADS, or one per available core).",
      valueName: "n"))
  var threads: Int?

  func validate() throws {
    let range = Processors.range
    guard let threads, !range.contains(threads) else { return }
    throw ValidationError(
      "--threads: expected \(range.lowerBound) to \(range.upperBound), found \(threads)")
  }
}

/// A command whose threads ``Launcher`` sets before it runs.
protocol ComputingCommand: ParsableCommand {
  var threading: ThreadOption { get }
}
