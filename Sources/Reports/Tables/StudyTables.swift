extension StudyResults {
  /// The tables that a report shows of a study, without those that hold no number.
  var reportTables: [ReportTable] {
    ([results, differencesTable] + budgets + [costsTable]).filter { !$0.isEmpty }
  }

  /// Cells with the keys that tell them apart, evaluations, metrics, and how fast they are.
  var results: ReportTable {
    let shown = ["time_latency", "time_throughput", "time_acceleration"]
    return table(
      "Results", leading: sweptColumns + seedColumn,
      evaluations + metrics + times.filter { shown.contains($0.name) })
  }

  private var differencesTable: ReportTable {
    table(
      "Differences from " + (baseline ?? "the baseline") + ", seed by seed", leading: [],
      differences, signed: true)
  }

  private var costsTable: ReportTable {
    let shown = ["time_latency", "time_throughput", "time_acceleration"]
    return table(
      "What cells cost", leading: [],
      times.filter { !shown.contains($0.name) } + costs.map(\.inReadableUnits))
  }

  private typealias Leading = (column: ReportTable.Column, texts: [String])

  /// Keys whose values are not in the cells' names already, under the ends of their paths.
  private var sweptColumns: [Leading] {
    let shown = swept.filter { $0.values != cells && $0.values.contains { !$0.isEmpty } }
    return shown.map { key, values in
      let path = key.split(separator: ".").map(String.init)
      var label = path.last ?? key
      let isShared = shown.count { $0.key == key || $0.key.hasSuffix("." + label) } > 1
      if isShared, path.count > 1 { label = path.suffix(2).joined(separator: ".") }
      let column = ReportTable.Column(
        label: label, note: "", name: key, description: "configuration key", isNumeric: false)
      return (column, values)
    }
  }

  /// How many seeds are done, where that is not one everywhere.
  private var seedColumn: [Leading] {
    guard seeds.count == cells.count, seeds.contains(where: { $0 != 1 }) else { return [] }
    let column = ReportTable.Column(
      label: "seeds", note: "", name: "seeds", description: "seeds that are done", isNumeric: true)
    return [(column, seeds.map(NumberText.plain))]
  }

  private func table(
    _ title: String, leading: [Leading], _ measures: [Measure], signed: Bool = false
  ) -> ReportTable {
    let first = ReportTable.Column(
      label: "cell", note: "", name: "cell", description: "the cell's name", isNumeric: false)
    let columns = measures.map { measure in
      // Differences without intervals are as exact as what they are of.
      let whole = signed ? metrics.first { $0.name + "_difference" == measure.name } : nil
      let decimals = measure.hasIntervals ? nil : whole.map { NumberText.decimals(of: $0) }
      return measure.tableCells(decimals: decimals, signed: signed)
    }
    return ReportTable(
      title: title, isEmpty: cells.isEmpty || measures.isEmpty,
      columns: [first] + leading.map(\.column) + measures.map { ReportTable.Column($0) },
      rows: cells.indices.map { row in
        [ReportTable.Cell(text: cells[row])]
          + leading.map { ReportTable.Cell(text: $0.texts[row]) } + columns.map { $0[row] }
      })
  }
}

extension Measure {
  /// Bytes in megabytes, multiply–adds in thousands of millions.
  fileprivate var inReadableUnits: Measure {
    if unit == "byte" { return scaled(by: 1e-6, unit: "MB") }
    if name == "multiply_adds" { return scaled(by: 1e-9, unit: "G") }
    return self
  }
}
