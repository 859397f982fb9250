import Storage

extension ResultTable {
  /// All columns as RFC 4180 has them: a header, lines that end in CR LF, quotes where they are
  /// needed. Numbers have the digits that give the same number back; where there is none, nothing.
  var csv: String {
    let texts = columns.map(\.values.asTexts)
    let header = columns.map { CSV.field($0.name) }
    let body = (0..<rows).map { row in
      texts.map { $0.indices.contains(row) ? CSV.field($0[row]) : "" }
    }
    return ([header] + body).map { $0.joined(separator: ",") + "\r\n" }.joined()
  }
}

enum CSV {
  static func field(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else { return text }
    // By scalars: a quote that a mark combines with is one all the same.
    var field = String.UnicodeScalarView("\"".unicodeScalars)
    for scalar in scalars {
      if scalar == "\"" { field.append(scalar) }
      field.append(scalar)
    }
    field.append("\"")
    return String(field)
  }
}
