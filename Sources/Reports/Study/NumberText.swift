import Foundation

/// Numbers as tables show them.
enum NumberText {
  /// The shortest digits that give the same number back; nothing for NaN.
  static func plain(_ value: Double) -> String {
    guard !value.isNaN else { return "" }
    if value == value.rounded(), abs(value) < 1e15 { return String(format: "%.0f", value) }
    return "\(value)"
  }

  /// Rounded to so many decimals; in powers of ten where it is out of the way of ordinary numbers.
  static func rounded(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "" : value < 0 ? "−∞" : "∞" }
    guard abs(value) < 1e7 else { return String(format: "%.3e", value).replacing("-", with: "−") }
    let text = String(format: "%.\(decimals)f", value)
    // A value that rounds to nothing has no sign.
    let isZero = text.allSatisfy { "-0.".contains($0) }
    return isZero ? text.replacing("-", with: "") : text.replacing("-", with: "−")
  }

  /// Four digits.
  static func significant(_ value: Double) -> String {
    String(format: "%.4g", value).replacing("-", with: "−")
  }

  /// The decimals that all values of a column have: those that half of a usual interval takes, to one
  /// digit, or two where the first is below 4; without intervals four digits of the largest value.
  static func decimals(of measure: Measure) -> Int {
    let halves = measure.values.indices.compactMap { row in
      measure.interval(row).map { ($0.upperBound - $0.lowerBound) / 2 }
    }.filter { $0 > 0 && $0.isFinite }.sorted()
    let finite = measure.values.filter(\.isFinite)
    if !halves.isEmpty {
      let usual = halves[halves.count / 2]
      let leading = usual / pow(10, log10(usual).rounded(.down))
      return decimals(usual, digits: leading < 4 ? 2 : 1)
    }
    if finite.allSatisfy({ $0 == $0.rounded() }) { return 0 }
    return decimals(finite.map(abs).max() ?? 1, digits: 4)
  }

  /// Those that `digits` digits of a value of this size take, 0 to 6.
  private static func decimals(_ size: Double, digits: Int) -> Int {
    guard size > 0, size.isFinite else { return 0 }
    let leading = Int(log10(size).rounded(.down))
    return min(max(digits - 1 - leading, 0), 6)
  }
}
