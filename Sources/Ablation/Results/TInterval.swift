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
    guard values.count > 1, values.count <= Self.maximumCount, values.allSatisfy(\.isFinite) else {
      return nil
    }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    self.mean = mean
    halfWidth = Self.quantiles[values.count - 2] * (variance / count).squareRoot()
  }

  public static let maximumCount = 21

  /// The 97.5 % quantile of Student's t for 1, 2, … degrees of freedom.
  private static let quantiles = [
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010,
    2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
  ]
}
