import Foundation

/// The 95 % confidence interval of a mean by Student's t, for values that differ by chance.
public struct TInterval: Sendable, Equatable {
  public let mean: Double
  /// Half the interval's length.
  public let halfWidth: Double

  public var lower: Double { mean - halfWidth }
  public var upper: Double { mean + halfWidth }

  /// Nil for fewer than two values, and for values that are not finite.
  public init?(_ values: [Double]) {
    guard values.count > 1, values.allSatisfy(\.isFinite) else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    self.mean = mean
    halfWidth = Self.quantile(freedom: values.count - 1) * (variance / count).squareRoot()
  }

  /// The 97.5 % quantile of Student's t. Above the table by its expansion in 1/freedom
  /// (Abramowitz and Stegun 26.7.5), which is right to 1e-5 there.
  static func quantile(freedom: Int) -> Double {
    if freedom <= quantiles.count { return quantiles[max(freedom, 1) - 1] }
    let (z, n) = (1.959963985, Double(freedom))
    let square = z * z
    let terms = [
      z * (square + 1) / 4,
      z * ((5 * square + 16) * square + 3) / 96,
      z * (((3 * square + 19) * square + 17) * square - 15) / 384,
    ]
    return z + terms[0] / n + terms[1] / (n * n) + terms[2] / (n * n * n)
  }

  /// For 1, 2, … degrees of freedom.
  private static let quantiles = [
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010,
    2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
  ]
}
