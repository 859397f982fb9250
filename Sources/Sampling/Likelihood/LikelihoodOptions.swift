import Diagnostics

/// How the divergence of the velocity is found.
public enum TraceEstimator: Sendable, Equatable {
  /// Hutchinson's: the mean over `probes` random vectors ε of εᵀ(∂v/∂x)ε.
  case hutchinson(ProbeDistribution, probes: Int)
  /// The sum over all unit vectors, a backward pass for each dimension.
  case exact

  /// More dimensions are refused for `exact`: its program holds a backward pass for each.
  public static let maximumExactDimensions = 256
  /// More probes are refused: a program holds a backward pass for each.
  public static let maximumProbes = 64

  /// Vectors for latents of this many dimensions.
  func vectors(dimensions: Int) -> Int {
    switch self {
    case .hutchinson(_, let probes): probes
    case .exact: dimensions
    }
  }
}

/// What the elements of a probe are drawn from; both have mean 0 and variance 1.
public enum ProbeDistribution: String, Sendable, CaseIterable {
  /// 1 or −1: of all distributions the one with the least variance of the estimate.
  case rademacher
  case gaussian
}

/// How the likelihood of latents is computed.
public struct LikelihoodOptions: Sendable, Equatable {
  /// A solver from data to noise: one of ``solvers``, as `rk4:10`.
  public var plan: SamplingPlan = .solver(.rk4, steps: 10)
  /// The times, from noise (0) to data (1) as everywhere, and the tolerance of embedded pairs,
  /// 10⁻⁵ as Song et al. take it.
  public var solver = SolverSettings()
  public var trace = TraceEstimator.hutchinson(.rademacher, probes: 1)

  /// Solvers of any ordinary differential equation; the others know what a velocity is, draw
  /// noise or take a refiner.
  public static let solvers: [SolverName] = [
    .euler, .midpoint, .heun, .rk4, .ab2, .ab3, .heun21, .bs3, .dopri5,
  ]

  public init() {
    (solver.absoluteTolerance, solver.relativeTolerance) = (1e-5, 1e-5)
  }

  /// - Throws: `InvalidField` where the plan is none of data to noise.
  public func validate() throws {
    guard case .solver(let name, let steps) = plan, Self.solvers.contains(name),
      !name.isAdaptive || steps == 1
    else {
      let names = Self.solvers.map { $0.isAdaptive ? $0.rawValue : "\($0.rawValue):N" }
      throw InvalidField(
        "plan", expected: "one of \(names.joined(separator: ", "))", found: "\(plan)")
    }
    try plan.validate(reversedSolver)
    if case .hutchinson(_, let probes) = trace {
      guard (1...TraceEstimator.maximumProbes).contains(probes) else {
        throw InvalidField(
          "probes", expected: "1 to \(TraceEstimator.maximumProbes)", found: "\(probes)")
      }
    }
  }

  /// The settings with times from data (0) to noise (1).
  var reversedSolver: SolverSettings {
    var reversed = solver
    reversed.times = solver.times.reversed
    return reversed
  }
}

extension TimeSpacing {
  /// The spacing of s = 1 − t: from the other end.
  var reversed: TimeSpacing {
    switch self {
    // Both are their own mirror images.
    case .uniform, .cosine: self
    case .shift(let shift): .shift(1 / shift)
    case .list(let times): .list(times.reversed().map { 1 - $0 })
    }
  }
}
