import Foundation
import ReferenceExecutor
import Sampling
import TensorGraph
import Testing

/// A flow with a known solution: x′ = (a + cos t)·x, so x(1) = x(0)·exp(a + sin 1),
/// with a = 0.3 for labels of the classes 0 and 1 and a = −0.2 for the null class 2.
enum ToyFlow {
  static let classes = 2

  static func field(scale: Double = 1, channels: GuidanceChannels = .all) -> VelocityField {
    VelocityField(
      guidance: Guidance(scale: scale, channels: channels, nullClass: classes),
      predictor: { x, t, labels in
        let rates = try x.graph.constant([0.3, 0.3, -0.2], shape: [3, 1]).gather(labels)  // (R, 1)
        let times = try t.reshaped([t.shape[0], 1])  // (R, 1)
        return try x * (rates + times.cosine())
      },
      // What the exact velocity lacks beside the old one.
      refiner: { x, t, velocity, labels in
        let rates = try x.graph.constant([0.3, 0.3, -0.2], shape: [3, 1]).gather(labels)
        let times = try t.reshaped([t.shape[0], 1])
        return try x * (rates + times.cosine()) - velocity
      })
  }

  /// x′ = 3·cos(3t + 4.5)·x, from x(0) = 1 to `turned`.
  static var turning: VelocityField {
    VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      predictor: { x, t, _ in
        try x * (3 * (3 * t + 4.5).cosine()).reshaped([t.shape[0], 1])
      })
  }

  static let turned = exp(sin(7.5) - sin(4.5))

  /// Samples of one element, (n, 1).
  static func column(_ values: [Float]) -> HostTensor {
    HostTensor(values, shape: [values.count, 1])
  }

  static func sampler(
    _ plan: String, scale: Double = 1, variant: RefinerVariant = .block,
    settings: SolverSettings = .init()
  ) throws -> Sampler {
    try Sampler(
      executor: ReferenceExecutor<Double>(), field: field(scale: scale), predictorWeights: [:],
      plan: SamplingPlan(plan), variant: variant, settings: settings)
  }

  static let exact = exp(0.3 + sin(1.0))

  /// Distance of the plan's end point from the exact one, from x(0) = 1.
  static func error(_ plan: String, variant: RefinerVariant = .block) throws -> Double {
    let end = try sampler(plan, variant: variant)
      .sample(noise: column([1]), labels: [0])
    return abs(Double(end.array()[0]) - exact)
  }
}
