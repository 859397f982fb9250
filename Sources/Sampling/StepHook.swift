// R rows, see Guidance.swift.
import TensorGraph

/// Changes what goes from block to block of a plan of fixed steps.
protocol StepHook {
  /// Called after every block.
  /// - Parameter noise: standard normal numbers (R, …) of the samples, new ones at each call.
  /// - Returns: whether the block is run again, from the state as it then is.
  mutating func didRun(
    _ run: BlockRun, _ state: inout SampleState, noise: () -> HostTensor?
  ) throws -> Bool
}

/// A block that has just been run.
struct BlockRun {
  let step: GridStep
  /// Whether the block was a step, and not the velocity before one that wants it.
  let isStep: Bool
  /// Whether the block evaluated the predictor, and not only a refiner.
  let predicts: Bool
  /// What the block was given.
  let before: SampleState

  /// Where the latents are after the block.
  var time: Float { isStep ? step.end : step.start }
}

extension Sampler {
  /// Whether a block that is run again needs the predictor's velocity before it, as one that comes
  /// first does: P blocks, whose handed velocity belongs to another way.
  func renewsVelocity(_ block: any BlockFunction, _ shape: Shape) throws -> Bool {
    guard case .blocks = plan else { return false }
    let traced = try trace(block, shape: shape)
    return traced.evaluations.predictor > 0 && traced.inputs.contains(.state(.velocity))
  }
}
