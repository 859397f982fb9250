import ArgumentParser
import Pipelines

/// The flag of commands that can say where their time goes.
struct ProfileOption: ParsableArguments {
  @Option(
    name: .customLong("profile"),
    help: ArgumentHelp(
      "Prints where the time went and writes a trace for chrome://tracing or Perfetto.",
      valueName: "file.json"),
    completion: .file(extensions: ["json"]))
  var trace: String?

  /// Runs `body`, under a profile where one is asked for.
  func run<Result>(_ body: () throws -> Result) throws -> Result {
    guard let trace else { return try body() }
    return try ProfiledRun(trace: trace, observe: Terminal.observer)(body)
  }
}
