/// A table for people: what every way of showing it has in common.
struct ReportTable: Sendable {
  struct Column: Sendable {
    /// Such as `fid`, and what more there is to say: `[solids-features]`, `ms`.
    let label: String
    let note: String
    /// What it is in the file, and in words.
    let name: String
    let description: String
    let isNumeric: Bool
  }

  struct Cell: Sendable {
    let text: String
    /// Such as `[1.2, 3.4]`; empty for none.
    var interval = ""
    var isBest = false
  }

  let title: String
  /// Whether nothing is measured of any cell.
  let isEmpty: Bool
  let columns: [Column]
  let rows: [[Cell]]
}

extension ReportTable.Column {
  init(_ measure: Measure) {
    let parts = measure.name.split(separator: "[", maxSplits: 1).map(String.init)
    var words = (parts.first ?? measure.name)
      .replacing("_difference", with: "").replacing("time_", with: "")
    var suffix = parts.count > 1 ? "[" + parts[1].replacing("_difference", with: "") : ""
    if words.hasSuffix("_evaluations") {
      words.removeLast("_evaluations".count)
      suffix = "evaluations"
    }
    label = words == "image" ? "image of a batch" : words.replacing("_", with: " ")
    note = [suffix, measure.unit].filter { !$0.isEmpty }.joined(separator: " ")
    name = measure.name
    description = measure.description
    isNumeric = true
  }
}

extension Measure {
  /// A column of cells of equal decimals. What reads like the best value is marked with it.
  /// - Parameters:
  ///   - decimals: nil for those that the values ask for.
  ///   - signed: whether these are differences: with their signs, and none the best.
  func tableCells(decimals: Int? = nil, signed: Bool = false) -> [ReportTable.Cell] {
    let decimals = decimals ?? NumberText.decimals(of: self)
    func text(_ value: Double) -> String {
      let text = NumberText.rounded(value, decimals: decimals)
      return signed && value > 0 ? "+" + text : text
    }
    let best = signed ? nil : direction?.best(of: values).map(text)
    return values.indices.map { row in
      guard values[row].isFinite else { return ReportTable.Cell(text: "–") }
      let interval = interval(row).map { "[\(text($0.lowerBound)), \(text($0.upperBound))]" }
      let value = text(values[row])
      return ReportTable.Cell(text: value, interval: interval ?? "", isBest: value == best)
    }
  }
}
