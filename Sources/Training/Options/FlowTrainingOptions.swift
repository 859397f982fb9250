import Diagnostics

/// Training of the velocity predictor by flow matching.
public struct PredictorTrainingOptions: Sendable, Equatable {
  public var common = TrainingOptions()
  /// The share of labels replaced by the null class.
  public var labelDropout = 0.1
  /// Where in (0, 1) the training times lie.
  public var time = TimeDistribution.uniform

  public init() {}
}

/// Training of the refiner by regression of the teacher's velocity offset.
public struct RefinerTrainingOptions: Sendable, Equatable {
  public var common = TrainingOptions()
  /// The share of labels replaced by the null class.
  public var labelDropout = 0.1
  /// Where in (0, 1) the training times lie.
  public var time = TimeDistribution.uniform
  public var offset = TimeOffsetOptions()

  public init() {}
}

/// The distribution of training times t in (0, 1); 0 is noise, 1 data.
public enum TimeDistribution: Sendable, Equatable {
  case uniform
  /// t = sigmoid(mean + std · z) with z standard normal (Stable Diffusion 3, eq. 19).
  case logitNormal(mean: Double, std: Double)
}

/// The distribution of the refiner's time offset Δt.
public struct TimeOffsetOptions: Sendable, Equatable {
  public enum Distribution: String, Sendable, CaseIterable {
    /// Uniform in Δt.
    case uniform
    /// Uniform in log Δt; needs a lower bound above 0.
    case logUniform
  }

  public enum Scope: String, Sendable, CaseIterable {
    /// One Δt for the whole batch, as the reference.
    case batch
    /// One Δt for each sample.
    case sample
  }

  /// The bounds of Δt, 0 ≤ lower < upper < 1.
  public var lower = 0.0
  public var upper = 0.12
  public var distribution = Distribution.uniform
  public var per = Scope.batch

  public init() {}

  public func validate() throws {
    guard lower >= 0, lower < upper, upper < 1 else {
      throw InvalidField(
        "range", expected: "0 <= lower < upper < 1",
        found: "[\(lower), \(upper)]")
    }
    guard distribution != .logUniform || lower > 0 else {
      throw InvalidField(
        "range", expected: "a lower bound above 0 for logUniform", found: "[\(lower), \(upper)]")
    }
  }
}
