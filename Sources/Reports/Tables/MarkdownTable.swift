import Diagnostics

/// Texts as Markdown that GitHub shows as they are.
enum Markdown {
  private static let special: Set<Unicode.Scalar> = [
    "\\", "`", "*", "_", "{", "}", "[", "]", "<", ">", "#", "|", "~", "!", "$", "&",
  ]

  /// The text on one line, with nothing in it that means anything to Markdown or HTML; GitHub
  /// still makes links of what looks like an address.
  static func escape(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    // By scalars: a mark that combines with a special one takes nothing of its meaning.
    var escaped = String.UnicodeScalarView()
    for scalar in line.withoutControlCharacters.unicodeScalars {
      if special.contains(scalar) { escaped.append("\\") }
      escaped.append(scalar)
    }
    return String(escaped)
  }
}

extension ReportTable {
  /// A table of GitHub's Markdown; the best values are bold.
  var markdown: String {
    func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let head = columns.map { column in
      Markdown.escape([column.label, column.note].filter { !$0.isEmpty }.joined(separator: " "))
    }
    let rule = columns.map { $0.isNumeric ? "---:" : "---" }
    let body = rows.map { cells in
      row(
        cells.map { cell in
          let text = Markdown.escape(cell.text)
          let value = cell.isBest ? "**\(text)**" : text
          return cell.interval.isEmpty ? value : value + " " + Markdown.escape(cell.interval)
        })
    }
    return ([row(head), row(rule)] + body).joined(separator: "\n") + "\n"
  }
}
