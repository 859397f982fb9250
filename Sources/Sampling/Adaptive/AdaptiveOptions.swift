import Diagnostics

/// Settings of the solvers that choose their steps: `adaptive` and the embedded pairs.
public struct AdaptiveOptions: Sendable, Equatable {
  /// Who has a step's length, and whether it is accepted, in common.
  public enum Scope: String, Sendable, CaseIterable {
    /// All samples of a batch, by one norm over all of them, as torchdiffeq.
    case batch
    /// Nobody: every sample has its own time, and leaves the batch at the end of its path.
    case sample
  }

  public var per = Scope.sample
  /// C of Δt = C/‖v‖ for the plan `adaptive`, ‖v‖ the root mean square over the latents'
  /// elements; nil for `adaptive:N`, which finds the C that N evaluations suffice for.
  public var c: Double?
  /// Bounds of Δt. Nil is 1/(2N) and 2/N for `adaptive:N`, 0.01 and 0.25 for `adaptive`, and none
  /// for embedded pairs, whose steps of the smallest length are taken whatever their error.
  public var smallest: Double?
  public var largest: Double?
  /// The first step of embedded pairs; nil finds one, which takes one evaluation or two.
  public var first: Double?

  static let defaultBounds = 0.01...0.25
  /// Lengths that bounds may have, so that steps are at most ``SamplingPlan/maximumSteps``.
  public static let lengths = 1e-4...1.0
  /// Numbers that C may be.
  public static let constants = 1e-6...1000.0

  public init() {}

  /// - Throws: `InvalidField` under the configuration's keys.
  public func validate(_ plan: SamplingPlan) throws {
    for (name, value, allowed) in [
      ("c", c, Self.constants), ("smallest", smallest, Self.lengths),
      ("largest", largest, Self.lengths), ("first", first, Self.lengths),
    ] {
      guard let value, !allowed.contains(value) else { continue }
      throw InvalidField(
        "adaptive.\(name)", expected: "\(allowed.lowerBound) to \(allowed.upperBound)",
        found: "\(value)")
    }
    if let smallest, let largest, smallest > largest {
      throw InvalidField(
        "adaptive.smallest", expected: "at most adaptive.largest, \(largest)", found: "\(smallest)")
    }
    guard case .solver(.adaptive, let count) = plan else { return }
    guard count > 1 else {
      guard c != nil else {
        throw InvalidField(
          "adaptive.c",
          expected: "a number for plan 'adaptive', or a plan like adaptive:8, which "
            + "finds it", found: "none")
      }
      let bounds = bounds
      guard bounds.lowerBound <= bounds.upperBound else {
        throw InvalidField(
          smallest == nil ? "adaptive.largest" : "adaptive.smallest",
          expected: "smallest up to largest, which are 0.01 and 0.25 unless given",
          found: "\(bounds.lowerBound) and \(bounds.upperBound)")
      }
      return
    }
    if let c {
      throw InvalidField(
        "adaptive.c",
        expected: "none with '\(plan)', which finds C for its evaluations; or the "
          + "plan 'adaptive'", found: "\(c)")
    }
    if let smallest, smallest * Double(count) > 1 {
      throw InvalidField(
        "adaptive.smallest", expected: "at most 1/\(count), as '\(plan)' has \(count) steps",
        found: "\(smallest)")
    }
    if let largest, largest * Double(count) < 1 {
      throw InvalidField(
        "adaptive.largest", expected: "at least 1/\(count), as '\(plan)' has \(count) steps",
        found: "\(largest)")
    }
  }

  /// Of `adaptive`.
  private var bounds: (lowerBound: Double, upperBound: Double) {
    (smallest ?? Self.defaultBounds.lowerBound, largest ?? Self.defaultBounds.upperBound)
  }

  /// How `adaptive` or, of N evaluations, `adaptive:N` finds its steps.
  func velocitySteps(evaluations: Int, from start: Double, to end: Double) -> VelocitySteps {
    if let c, evaluations <= 1 {
      let bounds = bounds
      return VelocitySteps(
        .given(c), from: start, to: end, bounds: bounds.lowerBound...bounds.upperBound)
    }
    let share = (end - start) / Double(max(evaluations, 1))
    return VelocitySteps(
      .evaluations(evaluations), from: start, to: end,
      bounds: (smallest ?? share / 2)...(largest ?? 2 * share))
  }
}

/// Steps that were tried.
public struct StepCount: Sendable, Equatable {
  public var accepted = 0
  /// Tried again with a shorter length, as their error was too large.
  public var rejected = 0

  public init(accepted: Int = 0, rejected: Int = 0) {
    (self.accepted, self.rejected) = (accepted, rejected)
  }
}
