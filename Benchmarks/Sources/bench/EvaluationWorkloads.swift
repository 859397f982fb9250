import Evaluation
import Randomness

extension Workload {
  /// The Fréchet distance of two sets of moments: two Cholesky factors (d³/6 multiply–adds
  /// each), a product of three matrices with one triangular (2d³/3) and the eigenvalues of
  /// the result (2d³/3), in float64, of which the peak is half of float32's.
  static func frechetDistance(dimensions d: Int = 2048) throws -> Workload {
    let moments = try (0..<2).map { index in
      var statistics = try FeatureStatistics(dimensions: d)
      try statistics.add(features(rows: 2 * d, columns: d, index: index))
      return try statistics.moments("set \(index)")
    }
    return Workload(
      name: "Fréchet distance", count: 1, multiplyAdds: 5 / 3 * Double(d * d * d), nodes: 0,
      nodeLimit: 0
    ) { _ = try FrechetDistance.between(moments[0], moments[1]) }
  }

  /// Mean and covariance of features as they come, d²/2 multiply–adds for each row in float64.
  static func featureStatistics(rows: Int = 4096, dimensions d: Int = 2048) throws -> Workload {
    let set = try features(rows: rows, columns: d, index: 0)
    return Workload(
      name: "mean, covariance", count: rows, multiplyAdds: Double(rows * d * d) / 2, nodes: 0,
      nodeLimit: 0
    ) {
      var statistics = try FeatureStatistics(dimensions: d)
      try statistics.add(set)
      _ = try statistics.moments("set")
    }
  }

  /// Precision, recall, density and coverage: all pairs within two sets, each once, and
  /// between them.
  static func manifolds(rows: Int = 4096, dimensions d: Int = 2048) throws -> Workload {
    let sets = try (0..<2).map { try features(rows: rows, columns: d, index: $0) }
    return Workload(
      name: "precision, recall", count: rows, multiplyAdds: 2 * Double(rows * rows * d), nodes: 0,
      nodeLimit: 0
    ) { _ = try ManifoldMetrics.between(reference: sets[0], samples: sets[1]) }
  }

  private static func features(rows: Int, columns: Int, index: Int) throws -> FeatureMatrix {
    var values = [Float](repeating: 0, count: rows * columns)
    var stream = RandomStream(seed: 0, purpose: .noise, index: UInt64(index))
    values.withUnsafeMutableBufferPointer { stream.fillNormal($0) }
    return try FeatureMatrix("set \(index)", rows: rows, columns: columns, values: values)
  }
}
