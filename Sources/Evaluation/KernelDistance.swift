import Diagnostics
import Randomness

/// KID: the squared maximum mean discrepancy of two sets of features x and y with the kernel
/// k(x, y) = (γ·xᵀy + c)^degree, by its unbiased estimate
///
///     1/(m(m−1)) Σ_{i≠j} k(x_i, x_j) + 1/(n(n−1)) Σ_{i≠j} k(y_i, y_j) − 2/(mn) Σ_ij k(x_i, y_j)
///
/// which may be below 0 (Bińkowski, Sutherland, Arbel and Gretton, "Demystifying MMD GANs",
/// 2018, equation 4; torch-fidelity, `metric_kid.py`). Kernels and sums are in float64:
/// in float32, as torch-fidelity computes float32 features, sums lose the seventh digit.
public struct KernelDistance: Sendable {
  /// The mean over the subsets.
  public let value: Double
  /// The standard deviation over the subsets, divided by their number, as torch-fidelity gives.
  public let standardDeviation: Double
  /// Of each subset.
  public let subsetValues: [Double]

  /// That of the mean: deviation (divided by one less than the subsets) over √subsets. Subsets
  /// share rows, so it speaks of the choice of subsets, not of other images. Nil of one subset.
  public var standardError: Double? {
    subsetValues.count > 1 ? standardDeviation / Double(subsetValues.count - 1).squareRoot() : nil
  }
}

/// Which rows KID's subsets hold.
public struct KernelSubsets: Sendable, Hashable {
  public var count: Int
  public var size: Int
  /// Their rows are listed before they are computed.
  private static let maximalRows = 1 << 26

  /// Of NumPy's `RandomState`: rows of the first set, then of the second, for each subset.
  public var seed: UInt32

  /// The defaults are torch-fidelity's and the paper's.
  public init(count: Int = 100, size: Int = 1000, seed: UInt32 = 2020) {
    self.count = count
    self.size = size
    self.seed = seed
  }

  /// Rows of the two sets of these sizes, subset after subset.
  /// - Throws: `InputError` for no subset, or subsets of less than 2 rows or more than there are.
  public func rows(first: Int, second: Int) throws -> [(first: [Int], second: [Int])] {
    let rows = count.multipliedReportingOverflow(by: size)
    guard count > 0, size >= 2, !rows.overflow, rows.partialValue <= Self.maximalRows else {
      throw InputError(
        "KID",
        expected: "subsets of at least 2 images, and 1 to \(Self.maximalRows) images in all",
        found: "\(count) of \(size)")
    }
    guard size <= min(first, second), max(first, second) <= Int(UInt32.max) else {
      throw InputError(
        "KID", expected: "at least \(size) images in both sets, the size of a subset",
        found: "\(first) and \(second)", remedy: "choose smaller subsets")
    }
    var random = NumPyRandomState(seed: seed)
    return (0..<count).map { _ in
      let chosen = random.choice(first, size: size)
      return (chosen, random.choice(second, size: size))
    }
  }
}

extension KernelDistance {
  /// Of random subsets of equal size. Which set is the first decides which rows are drawn.
  /// - Throws: `InputError` as ``KernelSubsets/rows(first:second:)``, and where columns differ.
  public static func between(
    _ first: FeatureMatrix, _ second: FeatureMatrix, kernel: PolynomialKernel = .init(),
    subsets: KernelSubsets = .init()
  ) throws -> KernelDistance {
    try check(first, second, kernel)
    let rows = try subsets.rows(first: first.rows, second: second.rows)
    let values = try Workers.map(rows.count) { index in
      try unbiased(
        try first.selecting(rows[index].first), try second.selecting(rows[index].second),
        kernel, parallel: false)
    }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return KernelDistance(
      value: mean, standardDeviation: variance.squareRoot(), subsetValues: values)
  }

  /// The estimate of all rows of both sets, whose sizes may differ. It takes m² + n² + mn
  /// products of rows: minutes for 50 000 images.
  /// - Throws: `InputError` for fewer than 2 rows, or where columns differ.
  public static func full(
    _ first: FeatureMatrix, _ second: FeatureMatrix, kernel: PolynomialKernel = .init()
  ) throws -> Double {
    try check(first, second, kernel)
    for set in [first, second] where set.rows < 2 {
      throw InputError(set.name, expected: "at least 2 images, for KID", found: "\(set.rows)")
    }
    return try unbiased(first, second, kernel, parallel: true)
  }

  static func check(
    _ first: FeatureMatrix, _ second: FeatureMatrix, _ kernel: PolynomialKernel
  ) throws {
    try first.requireSameColumns(as: second)
    guard (1...64).contains(kernel.degree), kernel.offset.isFinite, (kernel.gamma ?? 1).isFinite
    else {
      throw InputError(
        "KID", expected: "a kernel of degree 1 to 64 with finite gamma and offset",
        found: "\(kernel)")
    }
  }

  private static func unbiased(
    _ x: FeatureMatrix, _ y: FeatureMatrix, _ kernel: PolynomialKernel, parallel: Bool
  ) throws -> Double {
    let (m, n) = (Double(x.rows), Double(y.rows))
    let value =
      try kernel.sum(x, parallel: parallel) / (m * (m - 1))
      + kernel.sum(y, parallel: parallel) / (n * (n - 1))
      - 2 * kernel.sum(x, y, parallel: parallel) / (m * n)
    guard value.isFinite else {
      throw InputError(
        "KID of \(x.name) and \(y.name)", expected: "a finite number", found: "\(value)",
        remedy: "the features are too large for a kernel of degree \(kernel.degree)")
    }
    return value
  }
}
