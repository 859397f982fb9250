/// Which of two values of a measure is better. Of names that are not known here nothing is.
enum Direction: Sendable, Equatable {
  case lower, higher

  private static let lowerNames: Set<String> = [
    "fid", "sfid", "kid",
    "time_latency", "time_image", "time_decoding", "time_compile", "time_warm_up",
    "multiply_adds",
  ]
  private static let higherNames: Set<String> = [
    "is", "precision", "recall", "density", "coverage",
    "time_throughput", "time_acceleration",
  ]

  /// - Parameter name: of a column, such as `fid[solids-features]`: what stands in brackets says
  ///   what the measure is of.
  init?(of name: String) {
    let base = name.split(separator: "[", maxSplits: 1).first.map(String.init) ?? name
    var words = base.split(separator: "_").map(String.init)
    if words.last == "median" { words.removeLast() }
    if Self.lowerNames.contains(base) || words.first == "memory" || words.last == "rmse" {
      self = .lower
    } else if Self.higherNames.contains(base) {
      self = .higher
    } else {
      return nil
    }
  }

  func isBetter(_ a: Double, _ b: Double) -> Bool {
    switch self {
    case .lower: a < b
    case .higher: a > b
    }
  }

  /// The best of the finite values; nil where all are alike, as one that is alone is.
  func best(of values: [Double]) -> Double? {
    let finite = values.filter(\.isFinite)
    guard finite.contains(where: { $0 != finite[0] }) else { return nil }
    return finite.dropFirst().reduce(finite[0]) { isBetter($1, $0) ? $1 : $0 }
  }
}
