import Diagnostics
import Randomness
import Synchronization

/// How far a Fréchet distance would be off with other samples of the same model, by resampling
/// the samples' features (Efron, "Bootstrap methods: another look at the jackknife", 1979).
///
/// Rows drawn with replacement repeat, and so resampled distances lie above the distance by
/// about the bias that N samples have already (Chong and Forsyth, "Effectively unbiased FID and
/// inception score and where to find them", 2020). Only their spread is used: the interval is
/// that of their percentiles, moved by the difference between their mean and the distance, and
/// speaks of distances of N samples. The reference is taken as it is.
public struct FrechetBootstrap: Sendable {
  /// Of all samples.
  public let distance: FrechetDistance
  /// Distances of the resampled sets, ascending.
  public let resampled: [Double]
  /// The standard deviation of these, divided by one less than their number.
  public let standardError: Double
  /// By how much their mean lies above the distance.
  public let bias: Double
  /// The bounds of the interval around the distance.
  public let interval: ClosedRange<Double>

  /// - Parameters:
  ///   - strata: rows that are drawn among themselves; nil draws over all rows.
  ///   - means: of `distance`; resamples are computed in float64, which does not matter to
  ///     their spread.
  ///   - resamples: at least 2; percentiles of 95 % want a hundred or more.
  ///   - confidence: share of the resampled distances within the interval, in (0, 1).
  ///   - progress: told how many resamples are done, from several threads; throwing from it ends
  ///     the work and is passed on.
  /// - Throws: `InputError` as ``FrechetDistance``, and for settings out of range.
  public init(
    reference: FeatureMoments, samples: FeatureMatrix, strata: BootstrapStrata? = nil,
    means: MeanPrecision = .double, resamples: Int = 200, confidence: Double = 0.95,
    seed: UInt64 = 0,
    progress: @Sendable (Int) throws -> Void = { _ in }
  ) throws {
    guard (2...1_000_000).contains(resamples), confidence > 0, confidence < 1 else {
      throw InputError(
        "bootstrap", expected: "2 to 1000000 resamples and a confidence between 0 and 1",
        found: "\(resamples) and \(confidence)")
    }
    guard samples.rows <= Int(UInt32.max) else {
      throw InputError(samples.name, expected: "fewer than 2^32 rows", found: "\(samples.rows)")
    }
    let strata = strata ?? BootstrapStrata(count: samples.rows)
    guard strata.count == samples.rows else {
      throw InputError(
        samples.name, expected: "a label for each of \(samples.rows) rows", found: "\(strata.count)"
      )
    }
    try FrechetDistance.requireSame(reference.dimensions, samples.columns, of: samples.name)
    var statistics = try FeatureStatistics(dimensions: samples.columns)
    try statistics.add(samples)
    let moments = try statistics.moments(samples.name, means: means)
    let (factor, other) = (try CovarianceFactor(reference), try CovarianceFactor(moments))
    distance = try FrechetDistance.between(reference, factor, moments, other)

    let centre = samples.mean(.double)
    let done = Atomic<Int>(0)
    let values = try Workers.map(resamples, limit: Self.maximalWorkers) { index in
      let drawn = try Self.moments(
        samples, strata, around: centre, seed: seed, index: index)
      let value = try FrechetDistance.between(reference, factor, drawn, CovarianceFactor(drawn))
        .value
      try progress(done.add(1, ordering: .relaxed).newValue)
      return value
    }.sorted()
    resampled = values
    let mean = values.reduce(0, +) / Double(resamples)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardError = (squares / Double(resamples - 1)).squareRoot()
    bias = mean - distance.value
    let tail = (1 - confidence) / 2
    interval =
      Self.quantile(values, tail) - bias...Self.quantile(values, 1 - tail) - bias
  }

  /// Each takes four covariances in memory: 150 MB at 2048 dimensions.
  private static let maximalWorkers = 4

  /// Moments of as many rows of each stratum drawn with replacement: those of all rows,
  /// weighted by how often each was drawn.
  /// - Parameter centre: near the mean.
  static func moments(
    _ set: FeatureMatrix, _ strata: BootstrapStrata, around centre: [Double], seed: UInt64,
    index: Int
  ) throws -> FeatureMoments {
    let (n, d) = (set.rows, set.columns)
    var random = RandomStream(seed: seed, purpose: .bootstrap, index: UInt64(index))
    var weights = [Int32](repeating: 0, count: n)
    for stratum in strata.rows {
      for _ in stratum { weights[stratum[Int(random.integer(below: UInt32(stratum.count)))]] += 1 }
    }

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

  /// Between order statistics, linearly (Hyndman and Fan 1996, type 7, as NumPy's).
  static func quantile(_ ascending: [Double], _ share: Double) -> Double {
    let place = share * Double(ascending.count - 1)
    let lower = Int(place)
    let upper = min(lower + 1, ascending.count - 1)
    return ascending[lower] + (place - Double(lower)) * (ascending[upper] - ascending[lower])
  }
}
