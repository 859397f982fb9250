extension ReportTable {
  /// A table of HTML that scrolls sideways where the screen is narrow; the best values are strong.
  var markup: Markup {
    let head = columns.map { column in
      Markup.element(
        "th",
        [
          "scope": "col", "class": column.isNumeric ? "number" : "text",
          "title": [column.name, column.description].filter { !$0.isEmpty }
            .joined(separator: ": "),
        ],
        [Markup(column.label)]
          + (column.note.isEmpty ? [] : [.element("small", [:], column.note)]))
    }
    let body = rows.map { cells in
      Markup.element(
        "tr", [:],
        zip(columns, cells).map { column, cell in
          var parts = [cell.isBest ? Markup.element("strong", [:], cell.text) : Markup(cell.text)]
          if !cell.interval.isEmpty {
            parts += [Markup(" "), .element("span", ["class": "interval"], cell.interval)]
          }
          return .element("td", ["class": column.isNumeric ? "number" : "text"], parts)
        })
    }
    return .element(
      "div", ["class": "scroll"],
      [
        .element(
          "table", [:],
          [
            .element("thead", [:], [.element("tr", [:], head)]),
            .element("tbody", [:], body),
          ])
      ])
  }
}
