import ArgumentParser

/// `flowturbo`: everything but the refiner's training, which has a command of its own.
public struct FlowTurbo: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "flowturbo",
    abstract: "Trains, samples and checks flow-based image generators and their refiners.",
    subcommands: [
      RenderDatasetCommand.self, EncodeCommand.self, TrainVAECommand.self,
      TrainPredictorCommand.self, TrainFeaturesCommand.self, SampleCommand.self,
      EditCommand.self, InpaintCommand.self, InvertCommand.self, InterpolateCommand.self,
      CompareCommand.self, CurvatureCommand.self, EvaluateCommand.self, LikelihoodCommand.self,
      InspectCommand.self, ConvertCommand.self, AblateCommand.self, ReportCommand.self,
      VerifyCommand.self,
    ])

  public init() {}
}
