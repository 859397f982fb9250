extension SamplingPlan {
  /// The plan's steps in order, as graph functions.
  func blockFunctions(_ variant: RefinerVariant) -> [any BlockFunction] {
    switch self {
    case .solver(.euler, let steps): Array(repeating: EulerBlock(), count: steps)
    case .solver(.heun, let steps): Array(repeating: HeunBlock(), count: steps)
    case .blocks(let blocks):
      blocks.enumerated().map { index, block in
        let next = index + 1 < blocks.count ? blocks[index + 1] : nil
        return block.function(variant, before: next)
      }
    }
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
