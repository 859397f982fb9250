/// What a run tells its observer. Nothing in this room prints.
public enum TrainingEvent: Sendable {
  /// Goes on from the state in `path`.
  case resumed(step: Int, path: String)
  /// A resume state is damaged; an older one is tried.
  case damagedCheckpoint(path: String, reason: String)
  case step(StepReport)
  case heldOut(step: Int, HeldOutResult)
  /// Time for a grid of samples: the trainer's state holds the weights.
  case sampleMoment(step: Int)
  /// State and weights of `step` are on the disk.
  case checkpoint(step: Int, path: String)
}

/// One step as it was.
public struct StepReport: Sendable {
  /// Updates done, this one included.
  public let step: Int
  public let loss: Float
  public let parts: [(name: String, value: Float)]
  /// Before clipping.
  public let gradientNorm: Float
  public let learningRate: Double
  /// Wall-clock time of the step, waiting for its batch included.
  public let seconds: Double
  public let samplesPerSecond: Double
}

/// How a run ended.
public enum TrainingOutcome: Sendable, Equatable {
  case finished
  /// On request, with everything saved: resuming goes on at `step`.
  case stopped(step: Int)
}
