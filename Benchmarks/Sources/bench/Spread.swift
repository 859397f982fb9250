/// The middle of some measurements and how far they lie apart.
struct Spread: Codable, Equatable {
  let median: Double
  /// First and third quartile, linearly between neighbours.
  let low: Double
  let high: Double
  let smallest: Double

  /// - Precondition: at least one value.
  init(_ values: [Double]) {
    precondition(!values.isEmpty, "nothing was measured")
    let sorted = values.sorted()
    func quantile(_ share: Double) -> Double {
      let position = share * Double(sorted.count - 1)
      let below = Int(position)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
    }
    (median, low, high, smallest) = (quantile(0.5), quantile(0.25), quantile(0.75), sorted[0])
  }
}
