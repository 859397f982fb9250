import Foundation

/// An axis of a plot: which values it spans, where they lie, and where ticks are.
struct Axis: Sendable {
  struct Tick: Sendable, Equatable {
    let value: Double
    let label: String
  }

  let lower: Double
  let upper: Double
  let isLogarithmic: Bool
  let ticks: [Tick]

  /// Beyond this nothing is drawn.
  private static let largest = 1e100

  static func canShow(_ value: Double) -> Bool { value.isFinite && abs(value) < largest }

  /// - Parameters:
  ///   - values: those that cannot be shown are passed over.
  ///   - logarithmic: whether the axis may be; it is where all values are positive and the
  ///     largest is more than eight times the smallest.
  ///   - margin: what is left free at both ends, of the length.
  init(_ values: [Double], logarithmic: Bool, margin: Double = 0.06) {
    let shown = values.filter(Self.canShow)
    var (low, high) = (shown.min() ?? 0, shown.max() ?? 1)
    let isLogarithmic = logarithmic && low > 1e-100 && high > 8 * low
    if isLogarithmic {
      let room = pow(high / low, margin)
      (low, high) = (low / room, high * room)
      ticks = Self.powers(low, high)
    } else {
      // A single value has some room around it.
      if high - low <= abs(high) * 1e-9 {
        let room = max(abs(high) * 0.05, 1e-12)
        (low, high) = (low - room, high + room)
      }
      let room = (high - low) * margin
      // Nothing below zero where no value is.
      let isPositive = low >= 0
      (low, high) = (low - room, high + room)
      if isPositive { low = max(low, 0) }
      ticks = Self.steps(low, high)
    }
    (lower, upper, self.isLogarithmic) = (low, high, isLogarithmic)
  }

  /// From 0 at the lower end to 1 at the upper, not beyond.
  func position(_ value: Double) -> Double {
    let place =
      isLogarithmic
      ? log(max(value, lower) / lower) / log(upper / lower) : (value - lower) / (upper - lower)
    return place.isFinite ? min(max(place, 0), 1) : 0
  }

  /// Multiples of 1, 2 or 5 times a power of ten, seven at most.
  private static func steps(_ low: Double, _ high: Double) -> [Tick] {
    let power = pow(10, log10((high - low) / 6).rounded(.down))
    guard power > 0, power.isFinite else { return [] }
    let step = [1, 2, 5, 10].map { $0 * power }.first { (high - low) / $0 <= 6 } ?? 10 * power
    let decimals = min(max(-Int(log10(step).rounded(.down)), 0), 12)
    let first = (low / step).rounded(.up)
    return (0..<8).compactMap { index in
      let value = (first + Double(index)) * step
      return value <= high ? Tick(value: value, label: label(value, decimals: decimals)) : nil
    }
  }

  /// Powers of ten, with their double and fivefold where there are few.
  private static func powers(_ low: Double, _ high: Double) -> [Tick] {
    let (first, last) = (Int(log10(low).rounded(.down)), Int(log10(high).rounded(.up)))
    let stride = max(1, (last - first) / 7)
    let factors: [Double] = last - first <= 3 ? [1, 2, 5] : [1]
    return Swift.stride(from: first, through: last, by: stride).flatMap { exponent in
      factors.compactMap { factor -> Tick? in
        let value = factor * pow(10, Double(exponent))
        guard (low...high).contains(value) else { return nil }
        return Tick(value: value, label: label(value, decimals: min(max(-exponent, 0), 12)))
      }
    }
  }

  private static func label(_ value: Double, decimals: Int) -> String {
    if abs(value) >= 1e6 || (value != 0 && abs(value) < 1e-4) {
      return String(format: "%.3g", value).replacing("-", with: "−")
    }
    return NumberText.rounded(value, decimals: decimals)
  }
}
