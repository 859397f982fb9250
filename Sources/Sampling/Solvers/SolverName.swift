/// A solver that takes steps with the predictor alone.
public enum SolverName: String, Sendable, CaseIterable {
  case euler, midpoint, heun, rk4, ab2, ab3
  /// DPM-Solver++(2M).
  case dpm2M = "dpm++2m"
  /// UniPC-2.
  case unipc2
  /// Euler–Maruyama for the stochastic equation.
  case sde
  /// Heun's method for the stochastic equation.
  case sdeHeun = "sde-heun"
  /// Heun–Euler 2(1), Bogacki–Shampine 3(2) and Dormand–Prince 5(4) with steps of their own
  /// choice; the number of steps is how many times the dense output has.
  case heun21, bs3, dopri5
  /// Steps of a length that follows the velocity's; its number is that of evaluations, 1 for as
  /// many as the given C takes.
  case adaptive

  /// Whether the solver may choose how many steps it takes, and then needs no number.
  public var isAdaptive: Bool { embeddedPair != nil || self == .adaptive }

  /// Whether the solver draws random numbers.
  public var isStochastic: Bool { self == .sde || self == .sdeHeun }

  /// The rule of a solver that follows its embedded error.
  var embeddedPair: (any EmbeddedPair)? {
    switch self {
    case .heun21: HeunEuler2Block()
    case .bs3: BogackiShampine3Block()
    case .dopri5: DormandPrince5Block()
    case .euler, .midpoint, .heun, .rk4, .ab2, .ab3, .dpm2M, .unipc2, .sde, .sdeHeun, .adaptive:
      nil
    }
  }

  /// Evaluations of the predictor for a number of steps; nil where the solver decides.
  public func evaluations(steps: Int) -> Int? {
    switch self {
    case .euler, .ab2, .dpm2M, .unipc2, .sde: steps
    case .ab3: steps + 1
    case .midpoint, .heun: 2 * steps
    case .rk4: 4 * steps
    // The last step is Euler–Maruyama's.
    case .sdeHeun: 2 * steps - 1
    case .adaptive: steps > 1 ? steps : nil
    case .heun21, .bs3, .dopri5: nil
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
    case .sdeHeun: StochasticHeunBlock.blocks(steps: steps, settings.diffusion)
    case .heun21, .bs3, .dopri5: []
    case .adaptive: Array(repeating: PredictorEvaluation(), count: steps)
    }
  }
}

/// What solvers take beside their number of steps.
public struct SolverSettings: Sendable, Equatable {
  public var times = TimeSpacing.uniform
  /// Of embedded pairs: the error of a step may be atol + rtol·|x|.
  public var absoluteTolerance = 1e-6
  public var relativeTolerance = 1e-3
  /// Of solvers that choose their steps.
  public var adaptive = AdaptiveOptions()
  /// Of `sde` and `sde-heun`.
  public var diffusion = DiffusionOptions()

  public init() {}
}
