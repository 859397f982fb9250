import CPUExecutor
import Configuration
import Diagnostics
import Models
import Sampling
import Training

/// `flowturbo train-predictor --config predictor.yaml`
public struct TrainPredictorConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// The run's folder.
  public var output = ""
  public var seed: UInt64 = 0
  /// What the training step multiplies in; weights and optimiser are float32.
  public var precision = PrecisionChoice.float32
  public var data = LatentSetOptions()
  public var model = SiTConfiguration()
  public var training = TrainingSection()

  public struct TrainingSection: Sendable, Equatable, ConfigurationSchema {
    public var options = PredictorTrainingOptions()
    /// nil draws no grids.
    public var samples: SampleGridOptions?

    public init() {}

    public mutating func fields(_ table: ConfigurationFields) throws {
      try options.fields(table)
      try table.section("samples", &samples)
    }

    public func validate() throws {
      try options.common.validate()
      if let plan = samples?.plans.first(where: \.usesRefiner) {
        throw InvalidField(
          "samples.plans", expected: "plans without R, as there is no refiner yet", found: "\(plan)"
        )
      }
    }
  }

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("data", &data)
    try table.section("model", &model)
    try table.section("training", &training)
  }

  public func validate() throws {
    guard !model.velocityInput else {
      throw InvalidField("model.velocityInput", expected: "false for a predictor", found: "true")
    }
  }
}
