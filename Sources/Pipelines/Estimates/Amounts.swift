import Foundation

/// Numbers as people read them.
enum Amounts {
  /// The product of sizes that a configuration and files give; where it is larger than any disk,
  /// a number of that order, which sums of a few cannot overflow.
  static func product(_ factors: Int...) -> Int {
    let largest = 1 << 58
    return factors.reduce(1) { product, factor in
      let (result, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? largest : min(result, largest)
    }
  }

  /// `12.3 M`
  static func count(_ value: Double) -> String {
    scaled(value, step: 1000, ["", " k", " M", " G", " T", " P"])
  }

  /// `1.5 GiB`
  static func bytes(_ value: Int) -> String {
    scaled(Double(value), step: 1024, [" B", " KiB", " MiB", " GiB", " TiB"])
  }

  /// `0:12:30`, or seconds where there are few; no number beyond a year.
  static func duration(_ seconds: Double) -> String {
    guard seconds >= 60 else { return String(format: "%.2g s", seconds) }
    guard seconds <= 365 * 24 * 3600 else { return "more than a year" }
    let whole = Int(seconds.rounded())
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }

  private static func scaled(_ value: Double, step: Double, _ units: [String]) -> String {
    var (value, unit) = (value, 0)
    while value >= step, unit < units.count - 1 { (value, unit) = (value / step, unit + 1) }
    return unit == 0
      ? "\(Int(value))\(units[0])" : String(format: "%.4g", value) + units[unit]
  }
}
