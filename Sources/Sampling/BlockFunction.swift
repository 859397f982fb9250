// R rows, see Guidance.swift.
import TensorGraph

/// One block of a sampling plan as a graph: from the latents at t to those at tNext.
///
/// A block is compiled once for each batch shape. What differs between the steps that it
/// serves, such as the weights of a multi-step rule on uneven times, goes in as scalars; or as
/// a number for each row, where samples have steps of their own (``RowTimes``).
protocol BlockFunction: Hashable {
  func callAsFunction(_ step: BlockTrace) throws -> BlockResult

  /// The scalars that the block takes beside the step's length, by name.
  func coefficients(_ step: GridStep) -> [Coefficient: Double]
}

extension BlockFunction {
  func coefficients(_ step: GridStep) -> [Coefficient: Double] { [:] }
}

/// What a block leaves to the next.
struct BlockResult {
  let x: Tensor
  /// The velocity handed on.
  let velocity: Tensor
  /// What else a multi-step rule remembers.
  var others: [StateName: Tensor] = [:]
}

/// What blocks hand on beside the latents, (R, …) each.
enum StateName: String {
  case velocity
  /// The velocity one step before `velocity`.
  case earlierVelocity
  /// The predicted data x + (1 − t)·v, and that of one step before.
  case data, earlierData
  /// Latents after a corrector; `x` are the predictor's.
  case corrected
  /// Of a step with an embedded error: each row's mean square of error over tolerance, (R).
  case errors
  /// Latents half-way through a step.
  case middle
}

/// The name of a number that differs from step to step.
enum Coefficient: String {
  /// Of the latents, of the new evaluation, and of what was handed on, latest first.
  case ofLatents, ofNew, ofLast, ofEarlier
  /// 1 − t.
  case sigma
  /// Of a corrector.
  case correctorOfLatents, correctorOfNew, correctorOfLast, correctorOfEarlier
  case ofNoise
  case absoluteTolerance, relativeTolerance
}

/// A time within a block.
struct BlockTime: Hashable {
  /// 0 at the block's start, 1 at its end.
  let fraction: Double

  static let start = BlockTime(fraction: 0)
  static let middle = BlockTime(fraction: 0.5)
  static let end = BlockTime(fraction: 1)

  var name: String {
    switch fraction {
    case 0: "t"
    case 1: "tNext"
    default: "t+\(fraction)"
    }
  }
}
