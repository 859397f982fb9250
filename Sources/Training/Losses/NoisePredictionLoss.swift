// n samples, C channels, S side of the latents.
import Models
import TensorGraph

/// Regression of the noise on the paths of ``FlowMatchingLoss``, from the same draws:
/// x_t = t·x1 + (1−t)·x0, ‖ε(x_t, t) − x0‖², mean over channels and space.
///
/// Source: Ho et al. 2020 (DDPM), equation 14, with the linear path in place of theirs.
public struct NoisePredictionLoss: TrainingLoss {
  public let inputs: [BatchInput]
  private let noise: FlowMatchingLoss.VelocityField

  /// - Parameters:
  ///   - sampleShape: that of one data point, such as (C, S, S).
  ///   - noise: (n, …) at x (n, …), times t (n) and labels (n).
  public init(sampleShape: Shape, noise: @escaping FlowMatchingLoss.VelocityField) {
    inputs = FlowMatchingLoss.inputs(sampleShape)
    self.noise = noise
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
      try noise(xt, t, batch.tensor("dropped_labels"))
    }
    return SampleLosses(total: try (predicted - x0).meanSquarePerSample())
  }
}

/// What a predictor is trained by.
/// - Returns: the loss of the model's `objective`.
public func predictionLoss(_ model: SiT) -> any TrainingLoss {
  switch model.configuration.objective {
  case .velocity: FlowMatchingLoss(model)
  case .epsilon: NoisePredictionLoss(model)
  }
}
