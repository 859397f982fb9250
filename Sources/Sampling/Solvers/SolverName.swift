/// A solver that takes steps with the predictor alone.
public enum SolverName: String, Sendable, CaseIterable {
  case euler, midpoint, heun, rk4, ab2, ab3
  /// DPM-Solver++(2M).
  case dpm2M = "dpm++2m"
  /// UniPC-2.
  case unipc2
  /// Euler–Maruyama for the stochastic equation.
  case sde
  /// Dormand–Prince 5(4) with steps of its own choice; its number of steps is how many
  /// times its dense output has.
  case dopri5
  /// Steps of a length that follows the velocity's; its number is that of evaluations.
  case adaptive

  /// Whether the solver chooses how many steps it takes, so that evaluations are not known
  /// before.
  public var isAdaptive: Bool { self == .dopri5 }

  /// Evaluations of the predictor for a number of steps; nil where the solver decides.
  public func evaluations(steps: Int) -> Int? {
    switch self {
    case .euler, .ab2, .dpm2M, .unipc2, .sde, .adaptive: steps
    case .ab3: steps + 1
    case .midpoint, .heun: 2 * steps
    case .rk4: 4 * steps
    case .dopri5: nil
    }
  }

  /// The steps in order, as graph functions; none where the solver chooses how many, their
  /// evaluations alone where it chooses their lengths.
  func blocks(steps: Int, _ settings: SolverSettings) -> [any BlockFunction] {
    switch self {
    case .euler: Array(repeating: EulerBlock(), count: steps)
    case .midpoint: Array(repeating: MidpointBlock(), count: steps)
    case .heun: Array(repeating: HeunBlock(), count: steps)
    case .rk4: Array(repeating: RungeKutta4Block(), count: steps)
    case .ab2: AdamsBashforthBlock.second(steps: steps)
    case .ab3: AdamsBashforthBlock.third(steps: steps)
    case .dpm2M: DPMSolver2MBlock.blocks(steps: steps)
    case .unipc2: UniPC2Block.blocks(steps: steps)
    case .sde: EulerMaruyamaBlock.blocks(steps: steps, settings.diffusion)
    case .dopri5: []
    case .adaptive: Array(repeating: PredictorEvaluation(), count: steps)
    }
  }
}

/// What solvers take beside their number of steps.
public struct SolverSettings: Sendable, Equatable {
  public var times = TimeSpacing.uniform
  /// Of adaptive solvers: the error of a step may be atol + rtol·|x|.
  public var absoluteTolerance = 1e-6
  public var relativeTolerance = 1e-3
  /// Of `sde`.
  public var diffusion = DiffusionOptions()

  public init() {}
}
