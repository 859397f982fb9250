import ArgumentParser
import Pipelines

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Runs plans from the same noise: grids, times and distances from a fine solution.")

  @OptionGroup var source: ConfigurationOptions

  func run() throws {
    try Compare(try source.decode(CompareConfiguration.self), observe: Terminal.observer).run()
  }
}
