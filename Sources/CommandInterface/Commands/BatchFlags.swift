import ArgumentParser

/// The flags of commands that compute samples in batches and can go on where they were stopped.
struct BatchFlags: ParsableArguments {
  @OptionGroup var weights: WeightFlag

  @Flag(help: "Keeps the whole batches that an earlier run has left in the output folder.")
  var resume = false

  @OptionGroup var profile: ProfileOption

  @Flag(help: "Prints the configuration in full and estimates, and does nothing else.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  /// Runs a command, or says what it would take.
  func run(_ dry: () throws -> Void, _ command: (_ resume: Bool) throws -> Void) throws {
    guard !dryRun else { return try dry() }
    try profile.run { try command(resume) }
  }
}
