/// The median and the quartiles of some values.
struct Spread: Equatable, Sendable {
  let median: Double
  let lower: Double
  let upper: Double

  /// Nil for no values.
  init?(_ values: [Double]) {
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
    let sorted = values.sorted()
    /// Linear between the two nearest values.
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let index = Int(place)
      let next = min(index + 1, sorted.count - 1)
      return sorted[index] + (place - Double(index)) * (sorted[next] - sorted[index])
    }
    (median, lower, upper) = (quantile(0.5), quantile(0.25), quantile(0.75))
  }
}
