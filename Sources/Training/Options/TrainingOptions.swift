import Diagnostics

/// What every training run has in common.
public struct TrainingOptions: Sendable, Equatable {
  /// Updates of the weights.
  public var steps = 0
  /// Samples per update.
  public var batch = 16
  /// Parts a batch is cut into, whose gradients are added up before the update.
  public var accumulation = 1
  public var optimizer = OptimizerOptions()
  public var checkpoint = CheckpointOptions()
  /// Steps between lines of the log.
  public var logEvery = 10
  public var heldOut = HeldOutOptions()

  public init() {}

  public func validate() throws {
    guard accumulation > 0, batch.isMultiple(of: accumulation) else {
      throw InvalidField(
        "accumulation", expected: "a divisor of the batch (\(batch))", found: "\(accumulation)")
    }
  }
}

/// When checkpoints are written and how many stay.
public struct CheckpointOptions: Sendable, Equatable {
  /// Steps between checkpoints; one more is written at the end.
  public var every = 1000
  /// The newest ones that are kept.
  public var keep = 3

  public init() {}
}

/// The samples set aside to measure the loss on.
public struct HeldOutOptions: Sendable, Equatable {
  /// Samples that are never trained on; 0 measures nothing.
  public var count = 512
  /// Steps between measurements; one more is made at the end.
  public var every = 1000

  public init() {}
}
