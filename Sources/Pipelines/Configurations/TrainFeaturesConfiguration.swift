import CPUExecutor
import Configuration
import Diagnostics
import Models
import Training

/// `flowturbo train-features --config features.yaml`
public struct TrainFeaturesConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// The run's folder.
  public var output = ""
  public var seed: UInt64 = 0
  /// What the training step multiplies in; weights and optimiser are float32.
  public var precision = PrecisionChoice.float32
  public var data = ImageSetOptions()
  public var network = FeatureNetworkConfiguration()
  public var training = TrainingSection()

  public struct TrainingSection: Sendable, Equatable, ConfigurationSchema {
    public var options = ClassificationTrainingOptions()

    public init() {}

    public mutating func fields(_ table: ConfigurationFields) throws {
      try options.fields(table)
    }

    public func validate() throws { try options.common.validate() }
  }

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("data", &data)
    try table.section("network", &network)
    try table.section("training", &training)
  }

  public func validate() throws {
    guard data.size == network.imageSize else {
      throw InvalidField(
        "data.size", expected: "network.imageSize (\(network.imageSize))", found: "\(data.size)")
    }
  }
}

extension ClassificationTrainingOptions {
  mutating func fields(_ table: ConfigurationFields) throws {
    try common.fields(table)
    try table.optional("layoutWeight", &layoutWeight, in: .atLeast(0))
  }
}
