import Ablation
import ArgumentParser
import Pipelines

/// `ablate`, an executable of its own, and `flowturbo ablate`.
public struct AblateCommand: ComputingCommand {
  public static let configuration = CommandConfiguration(
    commandName: "ablate",
    abstract: "Sweeps configurations: trains, samples, evaluates, times, and writes one table.")

  @OptionGroup var source: ConfigurationOptions

  @Flag(help: "Tries again what failed; what is done is kept in any case.")
  var resume = false

  @Option(help: ArgumentHelp("Does one study; may be repeated.", valueName: "study"))
  var only: [String] = []

  @Flag(help: "Prints the cells, what is done and what the rest would take, and nothing else.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  public init() {}

  public func run() throws {
    let sweep = Sweep(
      try source.decode(AblationConfiguration.self), observe: Terminal.observer)
    guard !dryRun else { return try sweep.dryRun(only: only) }
    try sweep.run(resume: resume, only: only)
  }
}
