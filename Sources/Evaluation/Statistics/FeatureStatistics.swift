import Diagnostics

/// Mean and covariance of features in one pass over rows that come in any portions.
///
/// Rows are taken in blocks of ``blockRows``, whatever the portions, so equal rows in equal
/// order give equal bytes. Each block is centred on its own mean and joined to the sums so far
/// by Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm for computing
/// sample variances", 1982, equation 2.1):
///
///     M ← M + M' + n·n'/(n + n')·δ·δᵀ,  δ = mean' − mean
///
/// All means are kept as differences from the first block's mean (`origin`): a spread of 1e-2
/// around 1e4 loses nothing, and parts computed separately join to 1e-12 relative.
public struct FeatureStatistics: Sendable {
  public static let blockRows = 512

  /// d.
  public let dimensions: Int
  /// Rows so far.
  public var count: Int { joined.count + waiting.count / dimensions }

  private var joined: State
  /// Rows that do not fill a block yet.
  private var waiting: [Float] = []

  /// What is to be stored of statistics, to go on with later.
  public struct State: Sendable, Equatable, Codable {
    /// N.
    public var count: Int
    /// Any point near the rows; (d).
    public var origin: [Double]
    /// Mean minus origin; (d).
    public var offset: [Double]
    /// Sum of products of the differences from the mean; the upper triangle of (d, d),
    /// row-major, the rest 0.
    public var scatter: [Double]
    /// Sum of the rows in float32; (d).
    public var singleSum: [Float]
  }

  /// - Throws: `InputError` for less than one dimension or too many, and as ``BLAS/check()``.
  public init(dimensions d: Int) throws {
    guard (1...FeatureMoments.maximalDimensions).contains(d) else {
      throw InputError(
        "feature statistics", expected: "1 to \(FeatureMoments.maximalDimensions) dimensions",
        found: "\(d)")
    }
    try BLAS.check()
    dimensions = d
    joined = State(
      count: 0, origin: [Double](repeating: 0, count: d), offset: [Double](repeating: 0, count: d),
      scatter: [Double](repeating: 0, count: d * d), singleSum: [Float](repeating: 0, count: d))
  }

  /// - Throws: `InputError` where the sizes do not fit one another or numbers are not finite.
  public init(_ state: State) throws {
    try self.init(dimensions: state.origin.count)
    guard state.count >= 0, state.offset.count == dimensions,
      state.scatter.count == dimensions * dimensions, state.singleSum.count == dimensions,
      state.origin.allSatisfy(\.isFinite), state.offset.allSatisfy(\.isFinite),
      state.scatter.allSatisfy(\.isFinite), state.singleSum.allSatisfy(\.isFinite)
    else {
      throw InputError(
        "feature statistics", expected: "sums of \(dimensions) dimensions, finite",
        found: "others", remedy: "compute the statistics again")
    }
    joined = state
  }

  /// The sums of all rows so far.
  public var state: State {
    var copy = self
    copy.joinWaiting()
    return copy.joined
  }

  /// - Throws: `InputError` where the rows have another number of features.
  public mutating func add(_ features: FeatureMatrix) throws {
    let d = dimensions
    guard features.columns == d else {
      throw InputError(
        features.name, expected: "\(d) features in each row", found: "\(features.columns)")
    }
    joined.singleSum.withUnsafeMutableBufferPointer { sum in
      features.values.withUnsafeBufferPointer { values in
        for i in 0..<features.rows {
          for j in 0..<d { sum[j] += values[i * d + j] }
        }
      }
    }
    var taken = 0
    while taken < features.rows {
      let rows = min(Self.blockRows - waiting.count / d, features.rows - taken)
      waiting.append(contentsOf: features.values[taken * d..<(taken + rows) * d])
      taken += rows
      if waiting.count == Self.blockRows * d { joinWaiting() }
    }
  }

  /// Takes in what was computed of other rows.
  /// - Throws: `InputError` where these have another number of features.
  public mutating func merge(_ other: FeatureStatistics) throws {
    guard other.dimensions == dimensions else {
      throw InputError(
        "feature statistics", expected: "\(dimensions) dimensions", found: "\(other.dimensions)")
    }
    joinWaiting()
    let part = other.state
    for j in 0..<dimensions { joined.singleSum[j] += part.singleSum[j] }
    guard part.count > 0 else { return }
    if joined.count == 0 { joined.origin = part.origin }
    for (index, value) in part.scatter.enumerated() { joined.scatter[index] += value }
    var difference = (0..<dimensions).map { j in
      (part.origin[j] - joined.origin[j]) + (part.offset[j] - joined.offset[j])
    }
    let scale = move(by: difference, weight: part.count)
    for j in difference.indices { difference[j] *= scale }
    Gram.add(difference, rows: 1, columns: dimensions, to: &joined.scatter)
  }

  /// Mean and covariance (divided by N − 1) of all rows so far.
  /// - Throws: `InputError` for fewer than 2 rows.
  public func moments(_ name: String, means: MeanPrecision = .double) throws -> FeatureMoments {
    let state = state
    guard state.count >= 2 else {
      throw InputError(
        name, expected: "at least 2 images, for a covariance", found: "\(state.count)")
    }
    let divisor = Double(state.count - 1)
    var covariance = state.scatter
    for index in covariance.indices { covariance[index] /= divisor }
    Gram.mirror(&covariance, order: dimensions)
    let mean =
      switch means {
      case .double: zip(state.origin, state.offset).map { $0 + $1 }
      case .single: state.singleSum.map { Double($0 / Float(state.count)) }
      }
    return FeatureMoments(
      checked: name, count: state.count, mean: mean, covariance: covariance)
  }

  /// Joins a block, full or not.
  private mutating func joinWaiting() {
    let d = dimensions
    let rows = waiting.count / d
    guard rows > 0 else { return }
    if joined.count == 0 { joined.origin = Self.mean(waiting, rows, around: joined.origin) }
    // From here on every number is a difference from the origin.
    let mean = Self.mean(waiting, rows, around: joined.origin)
    let difference = zip(mean, joined.offset).map { $0 - $1 }
    let scale = move(by: difference, weight: rows)
    // The rows around the block's mean, and one that carries the means' distance.
    let block = [Double](unsafeUninitializedCapacity: (rows + 1) * d) { block, count in
      for i in 0..<rows {
        for j in 0..<d {
          block[i * d + j] = Double(waiting[i * d + j]) - joined.origin[j] - mean[j]
        }
      }
      for j in 0..<d { block[rows * d + j] = difference[j] * scale }
      count = (rows + 1) * d
    }
    Gram.add(block, rows: rows + 1, columns: d, to: &joined.scatter)
    waiting.removeAll(keepingCapacity: true)
  }

  /// Moves the mean towards that of `weight` more rows, `difference` away, and returns by
  /// what the difference is to be multiplied before its product with itself is added.
  private mutating func move(by difference: [Double], weight: Int) -> Double {
    let (before, added) = (Double(joined.count), Double(weight))
    let share = added / (before + added)
    for j in difference.indices { joined.offset[j] += difference[j] * share }
    joined.count += weight
    return (before * share).squareRoot()
  }

  /// The mean of rows minus `origin`.
  private static func mean(_ values: [Float], _ rows: Int, around origin: [Double]) -> [Double] {
    let d = origin.count
    var sum = [Double](repeating: 0, count: d)
    values.withUnsafeBufferPointer { values in
      sum.withUnsafeMutableBufferPointer { sum in
        origin.withUnsafeBufferPointer { origin in
          for i in 0..<rows {
            for j in 0..<d { sum[j] += Double(values[i * d + j]) - origin[j] }
          }
          for j in 0..<d { sum[j] /= Double(rows) }
        }
      }
    }
    return sum
  }
}
