import Diagnostics

/// Mean and covariance of a set's features: what the Fréchet distance compares, and what
/// files of statistics hold (`mu`, `sigma`).
public struct FeatureMoments: Sendable {
  /// The most feature dimensions: a covariance then takes 2 GiB, and LAPACK still counts its
  /// workspace in 32 bits.
  public static let maximalDimensions = 16_384

  /// What errors and warnings call the set.
  public let name: String
  /// How many rows they are of; nil where a file of statistics does not say.
  public let count: Int?
  /// (d).
  public let mean: [Double]
  /// (d, d), row-major, symmetric; divided by N − 1.
  public let covariance: [Double]

  public var dimensions: Int { mean.count }

  /// - Throws: `InputError` where sizes do not fit, or the covariance is not finite or not
  ///   symmetric.
  public init(_ name: String, count: Int?, mean: [Double], covariance: [Double]) throws {
    let d = mean.count
    guard (1...Self.maximalDimensions).contains(d), covariance.count == d * d else {
      throw InputError(
        name,
        expected:
          "a mean of d from 1 to \(Self.maximalDimensions) numbers and a covariance of d·d",
        found: "\(d) and \(covariance.count)")
    }
    guard mean.allSatisfy(\.isFinite), covariance.allSatisfy(\.isFinite) else {
      throw InputError(
        name, expected: "finite means and covariances", found: "infinities or NaN",
        remedy: "compute the statistics again")
    }
    let largest = (0..<d).reduce(0) { max($0, abs(covariance[$1 * d + $1])) }
    for i in 0..<d {
      for j in i + 1..<max(d, i + 1) {
        let (a, b) = (covariance[i * d + j], covariance[j * d + i])
        // Rounding of single precision, as in CovarianceFactor.
        guard abs(a - b) <= 1e-6 * largest else {
          throw InputError(
            name, expected: "a symmetric covariance",
            found: "\(a) in row \(i), column \(j) and \(b) across the diagonal")
        }
      }
    }
    self.init(checked: name, count: count, mean: mean, covariance: covariance)
  }

  init(checked name: String, count: Int?, mean: [Double], covariance: [Double]) {
    self.name = name
    self.count = count
    self.mean = mean
    self.covariance = covariance
  }

  var trace: Double {
    (0..<dimensions).reduce(0) { $0 + covariance[$1 * dimensions + $1] }
  }

  /// The warning that the covariance cannot have full rank, where that is so.
  var rankWarning: EvaluationWarning? {
    guard let count, count <= dimensions else { return nil }
    return .rankDeficient(set: name, count: count, dimensions: dimensions)
  }
}
