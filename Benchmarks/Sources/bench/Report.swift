import Foundation

/// What a run found, as it is written to a file.
struct Report: Codable {
  var machine: Machine
  var date: String
  var rounds: Int
  /// Median of the peak by precision, in operations per second.
  var peaks: [String: Spread] = [:]
  var rows: [Measurement] = []

  func json() throws -> Data { try Self.encoded(self) }

  static func encoded(_ report: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(report) + Data("\n".utf8)
  }
}

/// The table on the terminal.
enum Table {
  static let header = [
    "work", "batch", "ms", "items/s", "GMAC", "GFLOP/s", "of peak", "quartiles", "best", "target",
    "compile s", "weights", "arena", "high water",
  ]

  static func cells(_ row: Measurement) -> [String] {
    let percent = { (share: Double) in String(format: "%.0f%%", 100 * share) }
    return [
      row.title, "\(row.count)", String(format: "%.1f", row.seconds.median * 1e3),
      String(format: "%.3g", row.itemsPerSecond), String(format: "%.4g", row.multiplyAdds / 1e9),
      String(format: "%.0f", 2 * row.multiplyAdds / row.seconds.median / 1e9),
      percent(row.share.median), "\(percent(row.share.low))-\(percent(row.share.high))",
      percent(row.shareOfShortest), row.target.map(percent) ?? "",
      String(format: "%.2f", row.compileSeconds + row.firstRunSeconds - row.seconds.median),
      bytes(row.weightBytes), bytes(row.arenaBytes), row.highWaterBytes.map(bytes) ?? "",
    ]
  }

  /// Columns as wide as their widest cell: the first to the left, numbers to the right.
  static func lines(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { cells in
      let padded = cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }
      return padded.joined(separator: "  ")
    }
  }

  private static func bytes(_ count: Int) -> String {
    count == 0 ? "" : String(format: "%.0f MB", Double(count) / 1e6)
  }
}
