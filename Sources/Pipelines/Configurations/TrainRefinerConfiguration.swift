import CPUExecutor
import Configuration
import Diagnostics
import Models
import Training

/// `train-refiner --config refiner.yaml`
public struct TrainRefinerConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// The run's folder.
  public var output = ""
  public var seed: UInt64 = 0
  /// What the training step multiplies in; weights and optimiser are float32.
  public var precision = PrecisionChoice.float32
  public var data = LatentSetOptions()
  /// The velocity predictor.
  public var teacher = NetworkReference()
  public var refiner = RefinerConfiguration()
  public var training = TrainingSection()

  public struct TrainingSection: Sendable, Equatable, ConfigurationSchema {
    public var options = RefinerTrainingOptions()
    /// nil draws no grids.
    public var samples: SampleGridOptions?

    public init() {}

    public mutating func fields(_ table: ConfigurationFields) throws {
      try options.fields(table)
      try table.section("samples", &samples)
    }

    public func validate() throws { try options.common.validate() }
  }

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("data", &data)
    try table.section("teacher", &teacher)
    try table.section("refiner", &refiner)
    try table.section("training", &training)
  }
}
