import Diagnostics

extension ReportTable {
  /// Aligned columns, a row of units under the labels.
  /// - Parameter bold: whether the best values are set in bold by ANSI's codes.
  func terminalLines(bold: Bool) -> [String] {
    let clean = rows.map { row in
      row.map {
        Cell(
          text: $0.text.withoutControlCharacters, interval: $0.interval, isBest: $0.isBest)
      }
    }
    var lines = [[String]](repeating: [], count: rows.count + 3)
    for (place, column) in columns.enumerated() {
      let labels = [column.label, column.note].map(\.withoutControlCharacters)
      let cells = clean.map { $0[place] }
      let valueWidth = cells.map(\.text.count).max() ?? 0
      let intervalWidth = cells.map(\.interval.count).max() ?? 0
      let inner = valueWidth + (intervalWidth > 0 ? 1 + intervalWidth : 0)
      let width = max(inner, labels.map(\.count).max() ?? 0)
      func padded(_ text: String, isNumeric: Bool) -> String {
        let padding = String(repeating: " ", count: max(width - text.count, 0))
        return isNumeric ? padding + text : text + padding
      }
      lines[0].append(padded(labels[0], isNumeric: column.isNumeric))
      lines[1].append(padded(labels[1], isNumeric: column.isNumeric))
      lines[2].append(String(repeating: "─", count: width))
      for (row, cell) in cells.enumerated() {
        let before = String(repeating: " ", count: valueWidth - cell.text.count)
        let after =
          intervalWidth > 0
          ? " " + cell.interval
            + String(repeating: " ", count: intervalWidth - cell.interval.count) : ""
        let value = bold && cell.isBest ? "\u{1B}[1m\(cell.text)\u{1B}[0m" : cell.text
        let outside = String(repeating: " ", count: width - inner)
        lines[row + 3].append(
          column.isNumeric
            ? outside + before + value + after : value + before + after + outside)
      }
    }
    if columns.allSatisfy(\.note.isEmpty) { lines.remove(at: 1) }
    return lines.map { line in
      let text = line.joined(separator: "  ")
      return "  " + text.prefix(text.count - text.reversed().prefix { $0 == " " }.count)
    }
  }
}
