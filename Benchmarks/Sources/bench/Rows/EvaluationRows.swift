import Evaluation
import Randomness

// In float64 (the Fréchet distance, moments) or in OpenBLAS; set beside the same float32 peak.

extension Row {
  /// The Fréchet distance of two sets of moments: two Cholesky factors (d³/6 multiply–adds
  /// each), a product of three matrices with one triangular (2d³/3) and the eigenvalues of
  /// the result (2d³/3), in float64, of which the peak is half of float32's.
  static func frechetDistance(dimensions d: Int = 2048) -> Row {
    Row(name: "frechet", title: "Fréchet distance", count: 1, isGraph: false) { _ in
      let moments = try (0..<2).map { index in
        var statistics = try FeatureStatistics(dimensions: d)
        try statistics.add(features(rows: 2 * d, columns: d, index: index))
        return try statistics.moments("set \(index)")
      }
      return Plan(multiplyAdds: 5 / 3 * Double(d * d * d)) {
        Work { _ = try FrechetDistance.between(moments[0], moments[1]) }
      }
    }
  }

  /// Mean and covariance of features as they come, d²/2 multiply–adds for each row in float64.
  static func featureStatistics(rows: Int = 4096, dimensions d: Int = 2048) -> Row {
    Row(name: "moments", title: "Mean, covariance", count: rows, isGraph: false) { _ in
      let set = try features(rows: rows, columns: d, index: 0)
      return Plan(multiplyAdds: Double(rows * d * d) / 2) {
        Work {
          var statistics = try FeatureStatistics(dimensions: d)
          try statistics.add(set)
          _ = try statistics.moments("set")
        }
      }
    }
  }

  /// Precision, recall, density and coverage: all pairs within two sets, each once, and
  /// between them.
  static func manifolds(rows: Int = 4096, dimensions d: Int = 2048) -> Row {
    Row(name: "manifolds", title: "Precision, recall", count: rows, isGraph: false) { _ in
      let sets = try (0..<2).map { try features(rows: rows, columns: d, index: $0) }
      return Plan(multiplyAdds: 2 * Double(rows * rows * d)) {
        Work { _ = try ManifoldMetrics.between(reference: sets[0], samples: sets[1]) }
      }
    }
  }

  private static func features(rows: Int, columns: Int, index: Int) throws -> FeatureMatrix {
    var values = [Float](repeating: 0, count: rows * columns)
    var stream = RandomStream(seed: 0, purpose: .noise, index: UInt64(index))
    values.withUnsafeMutableBufferPointer { stream.fillNormal($0) }
    return try FeatureMatrix("set \(index)", rows: rows, columns: columns, values: values)
  }
}
