import Storage

/// The best of each family of plans at equal cost: a table for each budget of a study.
enum BudgetTables {
  /// - Parameter table: `/budgets/STUDY`: a row for each axis, budget and family.
  /// - Returns: none for a table that is not laid out so.
  static func all(_ table: ResultTable) -> [ReportTable] {
    guard let axes = table["axis"]?.values.asTexts, let budgets = table["budget"]?.values.asTexts,
      let families = table["family"]?.values.asTexts, axes.count == budgets.count,
      table.columns.allSatisfy({ $0.values.count == axes.count })
    else { return [] }
    var groups: [(axis: String, budget: String, rows: [Int])] = []
    for row in axes.indices {
      if let last = groups.indices.last, groups[last].axis == axes[row],
        groups[last].budget == budgets[row]
      {
        groups[last].rows.append(row)
      } else {
        groups.append((axes[row], budgets[row], [row]))
      }
    }
    let measures = table.columns.compactMap { column -> (Measure, by: [String])? in
      guard let by = table[column.name + "_cell"]?.values.asTexts,
        let measure = table.measure(column.name), measure.hasValues
      else { return nil }
      return (measure, by)
    }
    return groups.map { axis, budget, rows in
      let limit = table.measure("budget_\(axis)").map { $0.limit(rows) } ?? ""
      return ReportTable(
        title: "At the \(axis) of \(budget)\(limit)", isEmpty: measures.isEmpty,
        columns: [text("family", "plans that differ in their number of steps alone")]
          + measures.flatMap { measure, _ in
            [ReportTable.Column(measure), text("by", "the best cell within the budget")]
          },
        rows: table.rows(rows, families, measures))
    }
  }

  private static func text(_ label: String, _ description: String) -> ReportTable.Column {
    ReportTable.Column(
      label: label, note: "", name: label, description: description, isNumeric: false)
  }
}

extension ResultTable {
  fileprivate func rows(_ rows: [Int], _ families: [String], _ measures: [(Measure, by: [String])])
    -> [[ReportTable.Cell]]
  {
    let columns = measures.flatMap { measure, by in
      [measure.rows(rows).tableCells(), rows.map { ReportTable.Cell(text: by[$0]) }]
    }
    return rows.indices.map { place in
      [ReportTable.Cell(text: families[rows[place]])] + columns.map { $0[place] }
    }
  }
}

extension Measure {
  /// Of some rows alone, so that the best of them is told.
  fileprivate func rows(_ rows: [Int]) -> Measure {
    func some(_ values: [Double]) -> [Double] {
      rows.compactMap { values.indices.contains($0) ? values[$0] : nil }
    }
    return Measure(
      name: name, unit: unit, description: description, values: some(values),
      lower: some(lower), upper: some(upper))
  }

  /// Such as ` (16)`, of a budget's first row.
  fileprivate func limit(_ rows: [Int]) -> String {
    guard let row = rows.first, values[row].isFinite else { return "" }
    let value = NumberText.rounded(values[row], decimals: NumberText.decimals(of: self))
    return " (\(value)\(unit.isEmpty ? "" : " " + unit))"
  }
}
