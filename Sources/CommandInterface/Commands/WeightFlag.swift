import ArgumentParser
import ModelFiles

/// Which set of weights to take, for commands that load models.
struct WeightFlag: ParsableArguments {
  @Option(
    name: .customLong("weights"),
    help: ArgumentHelp(
      "Averages or raw weights, where a file has both: ema or raw. Averages are taken without it.",
      valueName: "set"))
  var choice: WeightChoice?
}

extension WeightChoice: ExpressibleByArgument {}
