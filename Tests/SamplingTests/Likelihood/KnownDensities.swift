import Foundation
import ReferenceExecutor
import Sampling
import TensorGraph

/// Flows whose densities are known.
enum KnownDensities {
  /// Data of one Gaussian, x₁ ~ N(μ, s²·1), and the velocity that carries standard normal noise
  /// to it along straight paths: v = μ + (t·s² − (1 − t))/σ²·(x − t·μ), σ² = t²s² + (1 − t)².
  /// Class 0 has the mean μ, the null class 1 the mean 0.
  struct Gaussian {
    let mean: [Float] = [1.5, -0.5, 0.25]
    let deviation: Float = 0.4

    func field(scale: Double = 1) -> VelocityField {
      let variance = deviation * deviation
      return VelocityField(
        guidance: Guidance(scale: scale, channels: .all, nullClass: 1),
        predictor: { x, t, labels in
          let means = try x.graph.constant(mean + [0, 0, 0], shape: [2, 3]).gather(labels)
          let t = try t.reshaped([t.shape[0], 1])
          let rest = try 1 - t
          let spread = try variance * (t * t) + rest * rest
          return try means + (variance * t - rest) / spread * (x - t * means)
        })
    }

    /// log N(x; m, s²·1).
    func logDensity(_ x: [Float], mean m: [Float]) -> Double {
      zip(x, m).reduce(0) { sum, pair in
        let z = (Double(pair.0) - Double(pair.1)) / Double(deviation)
        return sum - 0.5 * (z * z + log(2 * .pi)) - log(Double(deviation))
      }
    }
  }

  /// v = A·x with a full matrix.
  struct Linear {
    var matrix: [Float] = [0.3, -0.7, 0.2, 0.5, -0.4, 0.6, -0.1, 0.8, 0.25]

    var field: VelocityField {
      VelocityField(
        guidance: Guidance(scale: 1, nullClass: 1),
        predictor: { x, _, _ in
          try x.matmul(x.graph.constant(matrix, shape: [3, 3]), transposeRight: true)
        })
    }

    var trace: Double { [0, 4, 8].reduce(0) { $0 + Double(matrix[$1]) } }

    /// Of Hutchinson's estimate by one probe: with S = (A + Aᵀ)/2 twice the squares of S for
    /// normal numbers, and without those of its diagonal for signs.
    func variance(_ probes: ProbeDistribution) -> Double {
      var sum = 0.0
      for i in 0..<3 {
        for j in 0..<3 where probes == .gaussian || i != j {
          let s = Double(matrix[3 * i + j] + matrix[3 * j + i]) / 2
          sum += 2 * s * s
        }
      }
      return sum
    }
  }

  static func options(
    _ plan: String, _ trace: TraceEstimator = .exact, tolerance: Double = 1e-6,
    times: TimeSpacing = .uniform
  ) throws -> LikelihoodOptions {
    var options = LikelihoodOptions()
    (options.plan, options.trace) = (try SamplingPlan(plan), trace)
    options.solver.times = times
    (options.solver.absoluteTolerance, options.solver.relativeTolerance) = (tolerance, tolerance)
    return options
  }

  /// Likelihoods of points (n, 3).
  static func likelihoods(
    _ field: VelocityField, _ points: [[Float]], label: Int32 = 0, _ options: LikelihoodOptions,
    seed: UInt64 = 1
  ) throws -> [LatentLikelihood] {
    let estimator = try LikelihoodEstimator(
      executor: ReferenceExecutor<Double>(), field: field, weights: [:], latentShape: [3],
      options: options)
    return try estimator(
      HostTensor(points.flatMap { $0 }, shape: [points.count, 3]),
      labels: Array(repeating: label, count: points.count), probes: ProbeDraws(seed: seed),
      indices: Array(points.indices))
  }
}
