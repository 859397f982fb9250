/// What was computed here for a tensor that a fixture stores.
struct ComputedTensor {
  let shape: [Int]
  let values: [Double]
  /// Why there are no values.
  var fault: String?

  init(shape: [Int], values: [Double]) {
    self.shape = shape
    self.values = values
  }

  init(_ values: [Double]) { self.init(shape: [values.count], values: values) }

  /// A computation that should have worked and did not.
  init(fault: String) {
    self.init(shape: [], values: [])
    self.fault = fault
  }
}

/// The outcome of one check: of a stored tensor, or of something beside them.
public struct CheckResult: Sendable {
  /// The tensor's name.
  public let name: String
  /// The largest |actual − expected|, and what is allowed at that element; nil for checks
  /// that compare no numbers. NaN where a value computed here is NaN.
  public private(set) var largestError: Double?
  public private(set) var allowed: Double?
  /// The largest error over what is allowed at its element: 1 is just allowed.
  public private(set) var worstShare: Double?
  /// What is wrong, one line; nil when the check passed.
  public private(set) var failure: String?

  public var passes: Bool { failure == nil }

  /// A check of something that is no tensor.
  init(_ name: String, failure: String?) {
    self.name = name
    self.failure = failure
  }

  /// Every element against the stored one.
  init(_ name: String, actual: ComputedTensor, expected: ComputedTensor, _ tolerance: Tolerance) {
    self.init(name, failure: actual.fault)
    guard failure == nil else { return }
    // A scalar is one number whether it has an axis or not.
    guard actual.shape.filter({ $0 != 1 }) == expected.shape.filter({ $0 != 1 }),
      actual.values.count == expected.values.count
    else {
      failure = "has shape \(actual.shape) here, \(expected.shape) in the fixture"
      return
    }
    if let bound = tolerance.rootMeanSquare {
      compareMeans(actual.values, expected.values, tolerance, tolerance.atol + bound)
    } else {
      compare(actual.values, expected.values, tolerance)
    }
  }

  private mutating func compareMeans(
    _ actual: [Double], _ expected: [Double], _ tolerance: Tolerance, _ limit: Double
  ) {
    let kept = actual.indices.filter { i in !tolerance.ignore.contains { $0.contains(i) } }
    let error = kept.map { actual[$0] == expected[$0] ? 0 : actual[$0] - expected[$0] }
      .rootMeanSquare
    largestError = error
    allowed = limit
    worstShare = error == 0 ? 0 : error / limit
    if !(error <= limit) {
      failure = "root mean square of the differences \(error), allowed \(limit)"
    }
  }

  private mutating func compare(_ actual: [Double], _ expected: [Double], _ tolerance: Tolerance) {
    var largest: (error: Double, allowed: Double) = (0, tolerance.allowed(expected.first ?? 0))
    var worst: (share: Double, index: Int) = (0, 0)
    var (sum, compared, failures) = (0.0, 0, 0)
    for (index, (a, e)) in zip(actual, expected).enumerated() {
      if tolerance.ignore.contains(where: { $0.contains(index) }) { continue }
      // Equal infinities have no distance; nothing else is near them, or near NaN.
      let error = a == e ? 0 : abs(a - e)
      let allowed = tolerance.allowed(e)
      compared += 1
      sum += error
      if a != e, !(error <= allowed && error.isFinite) { failures += 1 }
      if !(error <= largest.error), !largest.error.isNaN { largest = (error, allowed) }
      let share = error == 0 ? 0 : error / allowed
      if !(share <= worst.share), !worst.share.isNaN { worst = (share, index) }
    }
    largestError = largest.error
    allowed = largest.allowed
    worstShare = worst.share
    let mean = compared == 0 ? 0 : sum / Double(compared)
    if failures > 0 {
      let (a, e) = (actual[worst.index], expected[worst.index])
      failure =
        "\(failures) of \(compared) values off, worst [\(worst.index)]: \(a) instead of \(e), "
        + "allowed \(tolerance.allowed(e))"
    } else if let limit = tolerance.meanAbs, !(mean <= limit) {
      failure = "mean absolute difference \(mean), allowed \(limit)"
    }
  }
}

extension [Double] {
  var rootMeanSquare: Double {
    (reduce(0) { $0 + $1 * $1 } / Double(Swift.max(count, 1))).squareRoot()
  }
}
