/// Rows that resampling keeps apart, because their numbers were fixed before they were drawn.
///
/// Sets with as many images of each class as of any other vary less than draws over all rows
/// say: these vary the classes' shares, too (Davison and Hinkley, "Bootstrap methods and their
/// application", 1997, section 3.2).
public struct BootstrapStrata: Sendable {
  /// Below this many rows, drawing within a class loses a tenth of its variance and more.
  static let leastRows = 10

  /// Row numbers, each in one stratum.
  let rows: [[Int]]

  /// One stratum of all rows.
  init(count: Int) { rows = [Array(0..<count)] }

  /// The classes, where each has as many rows as any other, or one more; nil where classes have
  /// other numbers, few rows, or are but one.
  /// - Parameter labels: of every row.
  public init?(balanced labels: [Int32]) {
    let classes = Dictionary(grouping: labels.indices) { labels[$0] }
    let counts = classes.values.map(\.count)
    guard classes.count > 1, let least = counts.min(), let most = counts.max(),
      least >= Self.leastRows, most - least <= 1
    else { return nil }
    rows = classes.sorted { $0.key < $1.key }.map(\.value)
  }

  var count: Int { rows.reduce(0) { $0 + $1.count } }
}
