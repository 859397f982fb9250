import Diagnostics

/// The Fréchet distance of two Gaussians with the features' means and covariances,
///
///     |μ₁ − μ₂|² + tr S₁ + tr S₂ − 2·tr (S₁·S₂)^½
///
/// (Fréchet 1957; Dowson and Landau, "The Fréchet distance between multivariate normal
/// distributions", 1982; as FID: Heusel et al., "GANs trained by a two time-scale update rule
/// converge to a local Nash equilibrium", 2017, equation 6). sFID is the same of spatial
/// features (Nash et al., "Generating images with sparse representations", 2021).
///
/// The reference implementations (pytorch-fid's and ADM's `calculate_frechet_distance`) take a
/// general matrix square root of S₁·S₂, which may become complex and loses seven digits where
/// a covariance is singular. Here S₁ = G₁ᵀ·G₁ (`CovarianceFactor`), and the trace is the sum
/// of the square roots of the eigenvalues of the symmetric G₁·S₂·G₁ᵀ, which are those of
/// S₁^½·S₂·S₁^½ without its zeros. Nothing is added to a diagonal. The factor is taken of the
/// covariance of lower rank, so that rank deficiency leaves no eigenvalue near 0.
///
/// An eigenvalue has an absolute error of a few ε of the largest, so the root of a small one
/// has lost half of its digits. Where that could matter (`rootError`) and for small
/// matrices, the roots are the singular values of G₁·G₂ᵀ instead: their sum is the nuclear norm,
/// exact to rounding and five times slower at 2048 dimensions.
public struct FrechetDistance: Sendable {
  /// Below 0 by no more than rounding.
  public var value: Double { meanTerm + covarianceTerm }
  /// |μ₁ − μ₂|².
  public let meanTerm: Double
  /// tr S₁ + tr S₂ − 2·tr (S₁·S₂)^½.
  public let covarianceTerm: Double
  public let warnings: [EvaluationWarning]

  /// Of the moments of two sets.
  /// - Throws: `InputError` where dimensions differ, or a covariance has negative eigenvalues.
  public static func between(_ first: FeatureMoments, _ second: FeatureMoments) throws
    -> FrechetDistance
  {
    try requireSame(first.dimensions, second.dimensions, of: second.name)
    let both = [first, second]
    let factors = try Workers.map(2) { try CovarianceFactor(both[$0]) }
    return try between(first, factors[0], second, factors[1])
  }

  static func between(
    _ first: FeatureMoments, _ factor: CovarianceFactor, _ second: FeatureMoments,
    _ other: CovarianceFactor
  ) throws -> FrechetDistance {
    let traces = first.trace + second.trace
    let name = "covariances of \(first.name) and \(second.name)"
    let roots =
      if factor.rank <= other.rank {
        try roots(factor, second.covariance, other, traces, name)
      } else {
        try roots(other, first.covariance, factor, traces, name)
      }
    return FrechetDistance(
      meanTerm: squaredDistance(first.mean, second.mean),
      covarianceTerm: traces - 2 * roots,
      warnings: [first, second].compactMap(\.rankWarning))
  }

  /// Of two sets of features. Where one has few rows and both no more than dimensions, no
  /// covariance is formed: centred rows are factors already.
  /// - Throws: `InputError` where dimensions differ, or a set has fewer than 2 rows.
  public static func between(
    _ first: FeatureMatrix, _ second: FeatureMatrix,
    means: MeanPrecision = .double
  ) throws -> FrechetDistance {
    try first.requireSameColumns(as: second)
    let counts = [first.rows, second.rows].sorted()
    guard counts[0] <= smallRank, counts[1] <= first.columns else {
      let moments = try [first, second].map { set in
        var statistics = try FeatureStatistics(dimensions: set.columns)
        try statistics.add(set)
        return try statistics.moments(set.name, means: means)
      }
      return try between(moments[0], moments[1])
    }
    let factors = try [first, second].map(CovarianceFactor.init(rowsOf:))
    let roots = try Spectrum.singularValues(
      factors[0].cross(factors[1]), rows: factors[0].rank, columns: factors[1].rank,
      of: "features of \(first.name)")
    let traces = factors.reduce(0) { $1.rows.reduce($0) { $0 + $1 * $1 } }
    return FrechetDistance(
      meanTerm: squaredDistance(first.mean(means), second.mean(means)),
      covarianceTerm: traces - 2 * roots.reduce(0, +),
      warnings: [first, second].map {
        .rankDeficient(set: $0.name, count: $0.rows, dimensions: $0.columns)
      })
  }
}

extension FrechetDistance {
  /// Below this many rows singular values cost nothing.
  private static let smallRank = 384
  /// The error of the trace, relative to tr S₁ + tr S₂, from which on singular values are used.
  private static let tolerance = 1e-8
  /// How far below 0 rounding can take an eigenvalue, relative to the largest.
  private static let negativeTolerance = 1e-6

  static func requireSame(_ first: Int, _ second: Int, of name: String) throws {
    guard first == second else {
      throw InputError(
        name, expected: "\(first) feature dimensions, as the other set has", found: "\(second)",
        remedy: "both sets need the same feature network")
    }
  }

  private static func squaredDistance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  /// tr (S₁·S₂)^½, S₁ being the covariance of `factor` and of no higher rank than S₂.
  private static func roots(
    _ factor: CovarianceFactor, _ covariance: [Double], _ other: CovarianceFactor,
    _ traces: Double, _ name: String
  ) throws -> Double {
    guard factor.rank > 0 else { return 0 }
    if factor.rank > smallRank {
      let values = try Spectrum.eigenvalues(
        factor.congruence(covariance), order: factor.rank, of: name)
      let largest = values[values.count - 1]
      guard values[0] >= -negativeTolerance * max(largest, 0) else {
        throw InputError(
          name, expected: "a product without negative eigenvalues",
          found: "\(values[0]), the largest being \(largest)",
          remedy: "compute the statistics again")
      }
      if 2 * rootError(values) <= tolerance * traces {
        return values.reduce(0) { $0 + max($1, 0).squareRoot() }
      }
    }
    return try Spectrum.singularValues(
      factor.cross(other), rows: factor.rank, columns: other.rank, of: name
    ).reduce(0, +)
  }

  /// A bound of the error of Σ √λ for eigenvalues λ in ascending order with an error δ of a few
  /// ε of the largest: √(λ + δ) − √λ is at most δ/(2·√λ), and √δ.
  static func rootError(_ values: [Double]) -> Double {
    let error = 4 * Double.ulpOfOne * max(values.last ?? 0, 0)
    return values.reduce(0) { sum, value in
      sum + (value > error ? error / (2 * value.squareRoot()) : error.squareRoot())
    }
  }
}

extension CovarianceFactor {
  init(_ moments: FeatureMoments) throws {
    try self.init(moments.covariance, order: moments.dimensions, of: moments.name)
  }

  /// The rows around their mean, divided by √(N − 1): a factor of their covariance.
  fileprivate init(rowsOf set: FeatureMatrix) throws {
    let (n, d) = (set.rows, set.columns)
    guard n >= 2 else {
      throw InputError(set.name, expected: "at least 2 images, for a covariance", found: "\(n)")
    }
    let mean = set.mean(.double)
    let scale = 1 / Double(n - 1).squareRoot()
    let rows = [Double](unsafeUninitializedCapacity: n * d) { rows, count in
      for i in 0..<n {
        for j in 0..<d { rows[i * d + j] = (Double(set.values[i * d + j]) - mean[j]) * scale }
      }
      count = n * d
    }
    self.init(rows: rows, rank: n, order: d)
  }
}
