import Diagnostics
import Foundation
import TensorGraph

/// Where a row's time goes, by operations and shapes.
struct OperationProfile: Codable {
  struct Entry: Codable {
    let operation: String
    let shapes: String
    /// In one run.
    let calls: Int
    let seconds: Double
    let multiplyAdds: Double
  }

  let name: String
  let precision: Precision
  /// Operations per second of the peak, the median of turns before and after.
  let peak: Double
  /// Of one run, the longest first.
  let entries: [Entry]

  /// - Parameters:
  ///   - runs: how many are taken the mean of, after one that is not.
  ///   - peak: operations per second, asked for before and after each run.
  init(
    _ row: Row, _ precision: Precision, runs: Int, peak measure: () throws -> Double
  ) throws {
    let profile = Profile(eventLimit: 0)
    let work = try Profile.$current.withValue(profile) { try row.plan(precision).compile() }
    try work.run()
    let before = profile.totals
    var peaks = [try measure()]
    for _ in 0..<runs {
      try work.run()
      peaks.append(try measure())
    }
    let first = Dictionary(before.map { ($0.kind, $0) }, uniquingKeysWith: { one, _ in one })
    name = row.name
    self.precision = precision
    peak = Spread(peaks).median
    entries = profile.totals.filter { $0.kind.category == .operation }.compactMap { total in
      // A program that is compiled for a later run reports then only.
      let known = first[total.kind]
      let calls = total.calls - (known?.calls ?? 0)
      guard calls >= runs else { return nil }
      return Entry(
        operation: total.kind.name, shapes: total.kind.detail, calls: calls / runs,
        seconds: (total.seconds - (known?.seconds ?? 0)) / Double(runs),
        multiplyAdds: total.kind.multiplyAdds * Double(calls / runs))
    }.sorted { $0.seconds > $1.seconds }
  }

  /// - Parameter limit: rows; what is left is one more.
  func table(limit: Int = 20) -> [[String]] {
    let all = entries.reduce(0) { $0 + $1.seconds }
    func cells(_ name: String, _ shapes: String, _ entries: some Collection<Entry>) -> [String] {
      let seconds = entries.reduce(0) { $0 + $1.seconds }
      let rate = 2 * entries.reduce(0) { $0 + $1.multiplyAdds } / seconds
      return [
        name, shapes.count > 56 ? shapes.prefix(53) + "..." : shapes,
        "\(entries.reduce(0) { $0 + $1.calls })", String(format: "%.2f", seconds * 1e3),
        String(format: "%.1f%%", 100 * seconds / all),
        rate > 0 ? String(format: "%.0f", rate / 1e9) : "",
        rate > 0 ? String(format: "%.0f%%", 100 * rate / peak) : "",
      ]
    }
    var rows = [["operation", "shapes", "calls", "ms", "of all", "GFLOP/s", "of peak"]]
    rows += entries.prefix(limit).map { cells($0.operation, $0.shapes, [$0]) }
    let rest = entries.dropFirst(limit)
    if !rest.isEmpty { rows.append(cells("others", "", rest)) }
    if !entries.isEmpty { rows.append(cells("all", "", entries)) }
    return rows
  }
}
