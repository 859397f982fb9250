import Diagnostics

extension KernelDistance {
  /// The most weights that are in memory at once, 1 GiB.
  private static let maximalWeights = 1 << 27

  /// How far the distance would be off with other samples of the same model, by resampling all
  /// rows of `samples`: what is resampled is the estimate over all pairs (``full(_:_:kernel:)``),
  /// whose mean over subsets is the same. The reference is taken as it is. It takes about as long
  /// as ``full(_:_:kernel:)``.
  /// - Parameter value: the distance that the interval is about.
  /// - Throws: `InputError` where columns differ or other rows are resampled.
  public static func bootstrap(
    reference: FeatureMatrix, samples: FeatureMatrix, kernel: PolynomialKernel = .init(),
    around value: Double, _ draws: BootstrapDraws
  ) throws -> BootstrapInterval {
    try check(reference, samples, kernel)
    try draws.requireRows(samples)
    let n = samples.rows
    guard n >= 2, reference.rows >= 1 else {
      throw InputError(samples.name, expected: "at least 2 images, for KID", found: "\(n)")
    }
    let cross = try kernel.rowSums(samples, reference)
    let size = Double(n)
    var values: [Double] = []
    let portion = max(1, Self.maximalWeights / n)
    for first in stride(from: 0, to: draws.count, by: portion) {
      let indices = first..<min(first + portion, draws.count)
      let weights = indices.flatMap { draws.weights($0).map(Double.init) }
      let own = try kernel.weightedSums(samples, weights: weights, count: indices.count)
      for (place, sum) in own.enumerated() {
        let between = zip(weights[place * n..<(place + 1) * n], cross)
          .reduce(0) { $0 + $1.0 * $1.1 }
        // The reference's own pairs, the same in all, are left out: spreads do not see them.
        values.append(
          sum / (size * (size - 1)) - 2 * between / (size * Double(reference.rows)))
      }
    }
    guard values.allSatisfy(\.isFinite) else {
      throw InputError(
        samples.name, expected: "features of which KID is finite", found: "larger ones",
        remedy: "look for features that are enormous")
    }
    // What was left out and the bias of rows that repeat move all values alike.
    let mean = values.reduce(0, +) / Double(values.count)
    return BootstrapInterval(
      values.map { $0 - mean + value }, around: value, confidence: draws.confidence)
  }
}
