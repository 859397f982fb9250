import Foundation

/// Mean and quantiles of one quantity over samples.
public struct SampleStatistics: Sendable, Equatable {
  /// The share of samples below each of ``quantiles``.
  public static let shares = [0.05, 0.25, 0.5, 0.75, 0.95]
  /// The names of ``values``.
  public static let names =
    ["mean"] + shares.map { String(format: "q%02d", Int(($0 * 100).rounded())) }

  public let mean: Double
  /// Between samples interpolated linearly, as NumPy's `quantile` does.
  public let quantiles: [Double]

  /// Mean first, then quantiles.
  public var values: [Double] { [mean] + quantiles }
  public var median: Double { quantiles[2] }

  /// - Parameter samples: those that are no numbers are left out; without any the statistics
  ///   are none either.
  public init(_ samples: some Sequence<Double>) {
    let sorted = samples.filter { !$0.isNaN }.sorted()
    mean = sorted.isEmpty ? .nan : sorted.reduce(0, +) / Double(sorted.count)
    quantiles = Self.shares.map { share in
      guard let last = sorted.indices.last else { return .nan }
      let place = share * Double(last)
      let (below, above) = (Int(place), min(Int(place) + 1, last))
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
  }
}
