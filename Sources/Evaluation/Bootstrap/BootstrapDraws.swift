import Diagnostics
import Randomness

/// Rows of a set drawn with replacement, again and again (Efron, "Bootstrap methods: another
/// look at the jackknife", 1979). Equal seeds draw the same rows, whatever is computed of them.
public struct BootstrapDraws: Sendable {
  /// Resamples.
  public let count: Int
  /// Share of the resampled values within the interval.
  public let confidence: Double
  public let seed: UInt64
  let strata: BootstrapStrata

  /// - Parameters:
  ///   - set: its name, for errors.
  ///   - strata: rows that are drawn among themselves; nil draws over all rows.
  ///   - count: at least 2; percentiles of 95 % want a hundred or more.
  ///   - confidence: in (0, 1).
  /// - Throws: `InputError` for settings out of range.
  public init(
    _ set: String, rows: Int, strata: BootstrapStrata? = nil, count: Int = 200,
    confidence: Double = 0.95, seed: UInt64 = 0
  ) throws {
    guard (2...1_000_000).contains(count), confidence > 0, confidence < 1 else {
      throw InputError(
        "bootstrap", expected: "2 to 1000000 resamples and a confidence between 0 and 1",
        found: "\(count) and \(confidence)")
    }
    guard (1...Int(UInt32.max)).contains(rows) else {
      throw InputError(set, expected: "1 row or more, and fewer than 2^32", found: "\(rows)")
    }
    self.strata = strata ?? BootstrapStrata(count: rows)
    guard self.strata.count == rows else {
      throw InputError(
        set, expected: "a label for each of \(rows) rows", found: "\(self.strata.count)")
    }
    (self.count, self.confidence, self.seed) = (count, confidence, seed)
  }

  var rows: Int { strata.count }

  /// The row that stands in the place of each row in a resample.
  func drawn(_ index: Int) -> [Int] {
    var random = RandomStream(seed: seed, purpose: .bootstrap, index: UInt64(index))
    var drawn = [Int](repeating: 0, count: rows)
    for stratum in strata.rows {
      for row in stratum {
        drawn[row] = stratum[Int(random.integer(below: UInt32(stratum.count)))]
      }
    }
    return drawn
  }

  /// How often each row is in a resample.
  func weights(_ index: Int) -> [Int32] {
    var weights = [Int32](repeating: 0, count: rows)
    for row in drawn(index) { weights[row] += 1 }
    return weights
  }

  /// - Throws: `InputError` where a set has other rows.
  func requireRows(_ set: FeatureMatrix) throws {
    guard set.rows == rows else {
      throw InputError(set.name, expected: "\(rows) rows, as are resampled", found: "\(set.rows)")
    }
  }
}

/// What values of resampled sets say of the value of the set itself.
///
/// Sets in which rows repeat have other values than sets of new rows: further from a reference,
/// less varied. Only the spread is used: the interval is that of the resampled values'
/// percentiles, moved by the difference between their mean and the value (Chong and Forsyth,
/// "Effectively unbiased FID and inception score and where to find them", 2020, on the bias).
/// Means over rows have no such bias, and their percentiles are taken as they are.
public struct BootstrapInterval: Sendable {
  /// Ascending.
  public let resampled: [Double]
  /// The standard deviation of these, divided by one less than their number.
  public let standardError: Double
  /// By how much their mean lies above the value.
  public let bias: Double
  public let interval: ClosedRange<Double>

  init(_ values: [Double], around value: Double, confidence: Double, isMean: Bool = false) {
    resampled = values.sorted()
    let mean = resampled.reduce(0, +) / Double(resampled.count)
    let squares = resampled.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardError = (squares / Double(resampled.count - 1)).squareRoot()
    bias = mean - value
    let tail = (1 - confidence) / 2
    let shift = isMean ? 0 : bias
    interval =
      Self.quantile(resampled, tail) - shift...Self.quantile(resampled, 1 - tail) - shift
  }

  /// Of the mean of one number per row.
  /// - Throws: `InputError` where there are more or fewer numbers than rows.
  public init(meanOf values: [Double], _ draws: BootstrapDraws) throws {
    guard values.count == draws.rows else {
      throw InputError(
        "bootstrap", expected: "\(draws.rows) values", found: "\(values.count)")
    }
    let count = Double(values.count)
    let means = (0..<draws.count).map { index in
      draws.drawn(index).reduce(0) { $0 + values[$1] } / count
    }
    self.init(
      means, around: values.reduce(0, +) / count, confidence: draws.confidence, isMean: true)
  }

  /// Between order statistics, linearly (Hyndman and Fan 1996, type 7, as NumPy's).
  static func quantile(_ ascending: [Double], _ share: Double) -> Double {
    let place = share * Double(ascending.count - 1)
    let lower = Int(place)
    let upper = min(lower + 1, ascending.count - 1)
    return ascending[lower] + (place - Double(lower)) * (ascending[upper] - ascending[lower])
  }
}
