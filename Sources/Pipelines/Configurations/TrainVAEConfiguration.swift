import CPUExecutor
import Configuration
import Diagnostics
import Models
import Training

/// `flowturbo train-vae --config vae.yaml`
public struct TrainVAEConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// The run's folder.
  public var output = ""
  public var seed: UInt64 = 0
  /// What the training step multiplies in; weights and optimiser are float32.
  public var precision = PrecisionChoice.float32
  public var data = ImageSetOptions()
  public var autoencoder = AutoencoderConfiguration()
  public var training = TrainingSection()

  public struct TrainingSection: Sendable, Equatable, ConfigurationSchema {
    public var options = AutoencoderTrainingOptions()
    /// nil draws no grids.
    public var reconstructions: ReconstructionOptions?

    public init() {}

    public mutating func fields(_ table: ConfigurationFields) throws {
      try options.fields(table)
      try table.section("reconstructions", &reconstructions)
    }

    public func validate() throws { try options.common.validate() }
  }

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("data", &data)
    try table.section("autoencoder", &autoencoder)
    try table.section("training", &training)
  }

  public func validate() throws {
    for (name, channels) in [
      ("inChannels", autoencoder.inChannels), ("outChannels", autoencoder.outChannels),
    ] where channels != 3 {
      throw InvalidField(
        "autoencoder.\(name)", expected: "3, as images have", found: "\(channels)")
    }
    guard data.size.isMultiple(of: autoencoder.downsampling) else {
      throw InvalidField(
        "data.size",
        expected: "a multiple of the autoencoder's down-sampling "
          + "(\(autoencoder.downsampling))", found: "\(data.size)")
    }
  }
}

/// Grids of held-out images beside their reconstructions.
public struct ReconstructionOptions: Sendable, Equatable, ConfigurationSchema {
  /// Steps between grids; one more is drawn at the end.
  public var every = 1000
  /// Images per grid.
  public var count = 16

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("every", &every, in: .range(1...1_000_000_000))
    try table.optional("count", &count, in: .range(1...256))
  }
}
