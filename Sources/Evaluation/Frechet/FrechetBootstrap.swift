import Diagnostics
import Synchronization

/// How far a Fréchet distance would be off with other samples of the same model, by resampling
/// the samples' features; see ``BootstrapInterval``. The interval speaks of distances of as many
/// samples. The reference is taken as it is.
public struct FrechetBootstrap: Sendable {
  /// Of all samples.
  public let distance: FrechetDistance
  public let spread: BootstrapInterval

  /// - Parameters:
  ///   - means: of `distance`; resamples are computed in float64, which does not matter to
  ///     their spread.
  ///   - progress: told how many resamples are done, from several threads; throwing from it ends
  ///     the work and is passed on.
  /// - Throws: `InputError` as ``FrechetDistance``, and where other rows are resampled.
  public init(
    reference: FeatureMoments, samples: FeatureMatrix, _ draws: BootstrapDraws,
    means: MeanPrecision = .double, progress: @Sendable (Int) throws -> Void = { _ in }
  ) throws {
    try draws.requireRows(samples)
    try FrechetDistance.requireSame(reference.dimensions, samples.columns, of: samples.name)
    var statistics = try FeatureStatistics(dimensions: samples.columns)
    try statistics.add(samples)
    let moments = try statistics.moments(samples.name, means: means)
    let (factor, other) = (try CovarianceFactor(reference), try CovarianceFactor(moments))
    distance = try FrechetDistance.between(reference, factor, moments, other)

    let centre = samples.mean(.double)
    let done = Atomic<Int>(0)
    let values = try Workers.map(draws.count, limit: Self.maximalWorkers) { index in
      let drawn = try Self.moments(samples, draws.weights(index), around: centre)
      let value = try FrechetDistance.between(reference, factor, drawn, CovarianceFactor(drawn))
        .value
      try progress(done.add(1, ordering: .relaxed).newValue)
      return value
    }
    spread = BootstrapInterval(
      values, around: distance.value, confidence: draws.confidence)
  }

  /// Each takes four covariances in memory: 150 MB at 2048 dimensions.
  private static let maximalWorkers = 4

  /// Moments of a resample: those of all rows, weighted by how often each was drawn.
  /// - Parameter centre: near the mean.
  static func moments(_ set: FeatureMatrix, _ weights: [Int32], around centre: [Double]) throws
    -> FeatureMoments
  {
    let (n, d) = (set.rows, set.columns)
    var sum = [Double](repeating: 0, count: d)
    var covariance = [Double](repeating: 0, count: d * d)
    var (block, rows) = ([Double](repeating: 0, count: FeatureStatistics.blockRows * d), 0)
    for i in 0..<n where weights[i] > 0 {
      let weight = Double(weights[i])
      let root = weight.squareRoot()
      for j in 0..<d {
        let difference = Double(set.values[i * d + j]) - centre[j]
        sum[j] += weight * difference
        block[rows * d + j] = root * difference
      }
      rows += 1
      if rows == FeatureStatistics.blockRows {
        Gram.add(block, rows: rows, columns: d, to: &covariance)
        rows = 0
      }
    }
    Gram.add(block, rows: rows, columns: d, to: &covariance)
    let mean = sum.map { $0 / Double(n) }
    for i in 0..<d {
      for j in i..<d {
        covariance[i * d + j] =
          (covariance[i * d + j] - Double(n) * mean[i] * mean[j]) / Double(n - 1)
      }
    }
    Gram.mirror(&covariance, order: d)
    return FeatureMoments(
      checked: set.name, count: n, mean: zip(centre, mean).map(+), covariance: covariance)
  }
}
