import Foundation

/// How long the next step of an embedded pair may be: the length just tried, times
///
///     0.9·e^(−α/k)·e₁^(β/k)
///
/// within bounds, e the step's error over the tolerance, e₁ that of the last one accepted, k the
/// order of the rule that goes on. β = 0 is integral control; with β above 0, lengths change less
/// from step to step. What was not accepted is tried again with α = 1 and β = 0.
///
/// Source: Hairer, Nørsett, Wanner, "Solving ordinary differential equations I", 1993, section
/// II.4; α and β of `proportional`: Gustafsson, "Control theoretic techniques for stepsize
/// selection in explicit Runge–Kutta methods", 1991.
struct StepControl {
  enum Kind {
    /// torchdiffeq's: an accepted step's successor is no shorter.
    case integral
    /// α = 0.7, β = 0.4; no growth right after a step that was not accepted.
    case proportional
  }

  private static let safety = 0.9
  private static let smallestGrowth = 0.2
  /// More steps are refused, as no tolerance that float32 can meet takes them.
  static let maximumSteps = 10_000
  /// Shorter steps are refused.
  static let minimumLength = 1e-9

  let kind: Kind
  let order: Int
  private var lastError: Double?
  private var wasRejected = false

  init(_ kind: Kind, order: Int) {
    (self.kind, self.order) = (kind, order)
  }

  private var largestGrowth: Double { kind == .integral ? 10 : 5 }

  /// - Parameters:
  ///   - length: of the step just tried.
  ///   - error: its error over the tolerance.
  ///   - accepted: whether it was taken.
  mutating func next(after length: Double, error: Double, accepted: Bool) -> Double {
    defer {
      wasRejected = !accepted
      // An error of nearly 0 would hold the next length back for no reason.
      if accepted { lastError = max(error, 1e-4) }
    }
    guard error > 0 else { return length * largestGrowth }
    let exponent = 1 / Double(order)
    guard kind == .proportional, accepted else {
      let least = kind == .integral && error < 1 ? 1 : Self.smallestGrowth
      let wanted = Self.safety / pow(error, exponent)
      return length * min(largestGrowth, max(wanted, least))
    }
    let last = lastError.map { pow($0, 0.4 * exponent) } ?? 1
    let wanted = Self.safety * last / pow(error, (lastError == nil ? 1 : 0.7) * exponent)
    return length * min(wasRejected ? 1 : largestGrowth, max(wanted, Self.smallestGrowth))
  }

  /// The first step's length from the sizes of latents, velocity and its change, each a root
  /// mean square over the tolerance.
  enum First {
    /// A length short enough to see how the velocity changes.
    static func trial(latents: Double, velocity: Double) -> Double {
      latents < 1e-5 || velocity < 1e-5 ? 1e-6 : 0.01 * latents / velocity
    }

    /// - Parameter change: of the velocity per unit of time.
    static func length(trial: Double, velocity: Double, change: Double, order: Int) -> Double {
      let steepest = max(velocity, change)
      let length =
        steepest <= 1e-15
        ? max(1e-6, trial * 1e-3) : pow(0.01 / steepest, 1 / Double(order))
      return min(100 * trial, length)
    }
  }
}
