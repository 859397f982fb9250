import CPUExecutor
import Diagnostics

/// Which latent channels guidance mixes.
public enum GuidanceChannels: String, Sendable, CaseIterable {
  /// The first three, as the official SiT and FlowTurbo code; the others keep each
  /// branch's own output.
  case firstThree = "3"
  case all
}

/// What to sample and how.
public struct SamplingOptions: Sendable, Equatable {
  public var plan: SamplingPlan = .blocks([.heun])
  /// Number of samples of the whole set, of which `indices` may take a part.
  public var count = 1
  /// Samples per batch; changes results by rounding only.
  public var batch = 8
  /// Scale of classifier-free guidance; 1 runs the conditional branch alone.
  public var guidance = 1.0
  public var guidanceChannels = GuidanceChannels.firstThree
  public var labels = LabelPolicy.random
  /// The samples to make, within `0..<count`; nil for all.
  public var indices: Range<Int>?
  public var refinerVariant = RefinerVariant.block
  /// Whether a plan's blocks are compiled, or run operation by operation to compare with.
  public var compilation = Compilation.whole
  public var solver = SolverSettings()

  public init() {}

  public func validate() throws {
    try plan.validate(solver)
    if let indices, indices.isEmpty || indices.lowerBound < 0 || indices.upperBound > count {
      throw InvalidField(
        "indices", expected: "a non-empty range within 0..<\(count), the count", found: "\(indices)"
      )
    }
  }
}
