import CPUExecutor
import Configuration
import Diagnostics
import Sampling

/// `flowturbo likelihood --config likelihood.yaml`
public struct LikelihoodConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// The run's folder.
  public var output = ""
  /// Of the latents drawn from posteriors and of the probes.
  public var seed: UInt64 = 0
  /// What the network multiplies in.
  public var precision = PrecisionChoice.float32
  public var predictor = NetworkReference()
  public var data = LatentSetOptions()
  public var likelihood = LikelihoodSettings()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("predictor", &predictor)
    try table.section("data", &data)
    try table.section("likelihood", &likelihood)
  }
}

/// Which latents' likelihood is computed, under which classes and how.
public struct LikelihoodSettings: Sendable, Equatable, ConfigurationSchema {
  /// What of an image's posterior is taken for its latent.
  public enum Latents: String, Sendable, CaseIterable {
    /// A draw by seed and sample: what predictors are trained on.
    case sample
    case mean
  }

  /// Under which class.
  public enum Classes: String, Sendable, CaseIterable {
    /// The label in the file.
    case own
    /// The null class.
    case unconditional
    /// Every class of the model, one after the other.
    case every
  }

  /// How the divergence is found; see `TraceEstimator`.
  public enum Trace: String, Sendable, CaseIterable {
    case rademacher, gaussian, exact
  }

  public var latents = Latents.sample
  public var classes = Classes.own
  /// Samples, spread evenly over the file; nil for all.
  public var count: Int?
  /// Latents per batch.
  public var batch = 20
  public var trace = Trace.rademacher
  /// Probes of each sample; not of the exact trace.
  public var probes = 1
  /// Scale of classifier-free guidance; 1 is the model's own density.
  public var guidance = 1.0
  public var guidanceChannels = GuidanceChannels.firstThree
  /// Plan, times and tolerance.
  public var solver = LikelihoodOptions()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("latents", &latents)
    try table.optional("classes", &classes)
    try table.optional("count", &count, in: .range(1...100_000_000))
    try table.optional("batch", &batch, in: .range(1...65_536))
    try table.optional("plan", &solver.plan)
    try table.optional("times", &solver.solver.times)
    try table.optional("atol", &solver.solver.absoluteTolerance, in: .range(1e-12...1))
    try table.optional("rtol", &solver.solver.relativeTolerance, in: .range(0...1))
    try table.optional("trace", &trace)
    try table.optional("probes", &probes, in: .range(1...TraceEstimator.maximumProbes))
    try table.optional("guidance", &guidance, in: .range(0...1000))
    try table.optional("guidanceChannels", &guidanceChannels)
  }

  public func validate() throws {
    try options.validate()
    if trace == .exact, probes != 1 {
      throw InvalidField("probes", expected: "1 beside trace: exact", found: "\(probes)")
    }
  }

  /// What the estimator takes.
  public var options: LikelihoodOptions {
    var options = solver
    options.trace =
      switch trace {
      case .rademacher: .hutchinson(.rademacher, probes: probes)
      case .gaussian: .hutchinson(.gaussian, probes: probes)
      case .exact: .exact
      }
    return options
  }
}
