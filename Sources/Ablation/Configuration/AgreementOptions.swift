import Configuration
import Diagnostics
import Sampling

/// How the samples of a cell are compared with the solution of the same flow from the same noise.
public struct AgreementOptions: Sendable, Equatable, ConfigurationSchema {
  /// The first so many samples of each cell and seed.
  public var count = 256
  /// What counts as the solution.
  public var reference = SamplingPlan.solver(.heun, steps: 100)
  /// Samples per batch, of cells and of the solution.
  public var batch = 32

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("count", &count, in: .range(2...65_536))
    try table.optional("reference", &reference)
    try table.optional("batch", &batch, in: .range(1...65_536))
  }

  public func validate() throws {
    guard !reference.usesRefiner, !reference.isStochastic else {
      throw InvalidField(
        "reference", expected: "a plan without R and without noise of its own",
        found: "\(reference)")
    }
    try reference.validate(SolverSettings())
  }
}
