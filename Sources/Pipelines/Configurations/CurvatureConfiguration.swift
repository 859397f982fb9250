import CPUExecutor
import Configuration
import Diagnostics
import Sampling

/// `flowturbo curvature --config curvature.yaml`
public struct CurvatureConfiguration: Sendable, ConfigurationSchema {
  /// The HDF5 file.
  public var output = ""
  public var seed: UInt64 = 0
  /// What the networks multiply in.
  public var precision = PrecisionChoice.float32
  /// Predictors of velocities or of noise; each goes its own way from the same noise.
  public var predictors: [(name: String, value: StudiedPredictor)] = []
  public var sampling = TrajectoryOptions()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.sections("predictors", &predictors)
    try table.section("sampling", &sampling)
  }

  public func validate() throws {
    guard output.hasSuffix(".h5") else {
      throw InvalidField("output", expected: "a file ending in .h5", found: output)
    }
    guard !predictors.isEmpty else {
      throw InvalidField("predictors", expected: "at least one, by a name", found: "none")
    }
  }
}

/// A predictor that may not be there yet.
public struct StudiedPredictor: Sendable, Equatable, ConfigurationSchema {
  public var network = NetworkReference()
  /// Whether a missing file is left out, which is said, rather than an error.
  public var optional = false

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try network.fields(table)
    try table.optional("optional", &optional)
  }
}

/// Which samples are followed, and how finely.
public struct TrajectoryOptions: Sendable, Equatable, ConfigurationSchema {
  /// Its times are where predictions are compared.
  public var plan = SamplingPlan.solver(.heun, steps: 50)
  /// Samples of each predictor.
  public var count = 100
  public var batch = 10
  public var guidance = 1.0
  public var guidanceChannels = GuidanceChannels.firstThree
  public var labels = LabelPolicy.balanced
  public var times = TimeSpacing.uniform

  /// More would not fit into memory beside each other.
  static let maximumSteps = 1000

  var settings: SolverSettings {
    var settings = SolverSettings()
    settings.times = times
    return settings
  }

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("plan", &plan)
    try table.optional("count", &count, in: .range(1...10_000))
    try table.optional("batch", &batch, in: .range(1...1024))
    try table.optional("guidance", &guidance, in: .range(0...1000))
    try table.optional("guidanceChannels", &guidanceChannels)
    try table.optional("labels", &labels)
    try table.optional("times", &times)
  }

  public func validate() throws {
    try plan.validate(settings)
    guard !plan.usesRefiner else {
      throw InvalidField("plan", expected: "a plan without R", found: "\(plan)")
    }
    guard plan.steps <= Self.maximumSteps else {
      throw InvalidField(
        "plan", expected: "at most \(Self.maximumSteps) steps", found: "\(plan.steps)")
    }
    try plan.validateForTrajectories()
  }
}
