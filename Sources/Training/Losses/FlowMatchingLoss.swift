// n samples, C channels, S side of the latents.
import Models
import TensorGraph

/// Regression of a velocity field on straight paths from noise to data:
/// x_t = t·x1 + (1−t)·x0, ‖v(x_t, t) − (x1 − x0)‖², mean over channels and space.
///
/// Source: Ma et al. 2024 (SiT), equation 2 with the linear path; Lipman et al.
/// 2023, equation 23.
public struct FlowMatchingLoss: TrainingLoss {
  /// Velocities (n, …) at x (n, …), times t (n) and labels (n).
  public typealias VelocityField =
    @Sendable (
      _ x: Tensor, _ t: Tensor, _ labels: Tensor
    ) throws -> Tensor

  public let inputs: [BatchInput]
  private let velocity: VelocityField

  /// - Parameter sampleShape: that of one data point, such as (C, S, S).
  public init(sampleShape: Shape, velocity: @escaping VelocityField) {
    inputs = Self.inputs(sampleShape)
    self.velocity = velocity
  }

  /// What regressions on a path between noise and data draw.
  static func inputs(_ sampleShape: Shape) -> [BatchInput] {
    [
      BatchInput("x1", sampleShape),  // data
      BatchInput("x0", sampleShape),  // noise
      BatchInput("t"),
      BatchInput("dropped_labels", .scalar, .int32),
    ]
  }

  public init(_ model: SiT) {
    self.init(sampleShape: Shape(Array(model.latentShape(1).dimensions.dropFirst()))) {
      try model($0, t: $1, labels: $2)
    }
  }

  public func callAsFunction(_ batch: [String: Tensor], weights: WeightSet) throws -> SampleLosses {
    let (x0, x1, t) = (try batch.tensor("x0"), try batch.tensor("x1"), try batch.tensor("t"))
    let xt = try interpolate(x0, x1, t)
    let predicted = try weights.scope(xt.graph) {
      try velocity(xt, t, batch.tensor("dropped_labels"))
    }
    return SampleLosses(total: try (predicted - (x1 - x0)).meanSquarePerSample())
  }
}

/// t·x1 + (1−t)·x0, all (n, …) with t (n): noise at 0, data at 1.
func interpolate(_ x0: Tensor, _ x1: Tensor, _ t: Tensor) throws -> Tensor {
  let t = try t.perSample(rank: x1.shape.rank)
  return try t * x1 + (1 - t) * x0
}

extension [String: Tensor] {
  /// - Throws: `ProgramError` where a batch lacks an input.
  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = self[name] else {
      throw ProgramError("the loss needs a batch input '\(name)'")
    }
    return tensor
  }
}
