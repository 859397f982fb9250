import Diagnostics

extension SamplingPlan {
  /// The plan's steps in order, as graph functions; none where a solver chooses them.
  func blockFunctions(_ variant: RefinerVariant, _ settings: SolverSettings)
    -> [any BlockFunction]
  {
    switch self {
    case .solver(let name, let steps): name.blocks(steps: steps, settings)
    case .blocks(let blocks):
      blocks.enumerated().map { index, block in
        let next = index + 1 < blocks.count ? blocks[index + 1] : nil
        return block.function(variant, before: next)
      }
    }
  }
}

extension SamplingPlan {
  /// - Throws: `InvalidField` where the settings do not suit the plan.
  public func validate(_ settings: SolverSettings) throws {
    try settings.adaptive.validate(self)
    _ = try grid(settings)
  }

  /// The times between the plan's steps.
  /// - Throws: `InvalidField` where the spacing does not suit the plan.
  func grid(_ settings: SolverSettings) throws -> TimeGrid {
    if case .solver(let name, let steps) = self, name.isStochastic {
      return try EulerMaruyamaBlock.grid(
        steps: steps, spacing: settings.times, settings.diffusion)
    }
    if case .solver(.adaptive, _) = self, settings.times != .uniform {
      throw InvalidField(
        "times", expected: "uniform, as '\(self)' chooses its times", found: "\(settings.times)")
    }
    return try TimeGrid(steps: steps, spacing: settings.times)
  }
}

extension SamplingBlock {
  fileprivate func function(_ variant: RefinerVariant, before next: SamplingBlock?)
    -> any BlockFunction
  {
    switch self {
    case .heun:
      // The integrator hands its first slope to a refiner. A pseudo corrector
      // continues from the second in every variant: the integrator's own cannot run.
      HeunBlock(handsOn: variant == .integrator && next != .pseudoCorrector ? .first : .second)
    case .pseudoCorrector: PseudoCorrectorBlock()
    case .refiner:
      switch variant {
      case .block: RefinerBlock(secondCall: .handedVelocity)
      case .integrator: RefinerBlock(secondCall: .firstSlope)
      case .euler: EulerRefinerBlock()
      }
    }
  }
}
