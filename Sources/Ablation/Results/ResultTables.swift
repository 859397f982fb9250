import Storage

/// The tables of a sweep, from its plan and what is recorded of its steps.
struct ResultTables {
  private let studies: [(study: SweepPlan.Study, rows: [CellRow])]

  init(_ plan: SweepPlan, _ records: [String: StepRecord]) {
    let queue = StepQueue(
      plan, targets: plan.studies.flatMap(\.targets), records: records, hasProduct: { _ in true })
    let errors = queue.failed.merging(queue.blocked) { own, _ in own }
    studies = plan.studies.map { study in
      (study, study.cells.map { CellRow($0, of: study, records, errors: errors) })
    }
  }

  var all: [ResultTable] {
    studies.map { table($0.study, $0.rows) } + studies.map { summary($0.study, $0.rows) } + [cells]
  }

  // MARK: A row for each cell and seed

  private func addHead(_ columns: inout ResultColumns<CellRow>, _ swept: [String]) {
    columns.text("cell", "The cell's name") { $0.cell.name }
    columns.integer("seed", "1", "Seed of the samples") { $0.cell.seed }
    columns.text("status", "done, failed or pending") { $0.status }
    columns.text("error", "Why it failed") { $0.error }
    for key in swept { columns.swept(key) { $0.cell.value(of: key) } }
  }

  private func addTail(_ columns: inout ResultColumns<CellRow>, timed: Bool) {
    columns.addEvaluations()
    if timed { columns.addTimes() }
    columns.text("refiner", "Its refiner's training, in /curves; empty for none") {
      $0.cell.refiner ?? ""
    }
    columns.number("seconds_training", "s", "The refiner's training") { $0.training?.seconds }
    columns.number("seconds_sampling", "s", "Sampling and decoding of the whole set") {
      $0.sample?.seconds
    }
    columns.number("seconds_evaluation", "s", "The metrics") { $0.evaluation?.seconds }
  }

  private func table(_ study: SweepPlan.Study, _ rows: [CellRow]) -> ResultTable {
    var columns = ResultColumns(rows)
    addHead(&columns, study.configuration.sweptKeys)
    columns.addMetrics()
    addTail(&columns, timed: study.configuration.timed)
    return ResultTable(
      "tables/\(study.name)", title: study.configuration.title, columns: columns.columns)
  }

  /// Every cell of every study; keys that any study sweeps have their values in all rows.
  private var cells: ResultTable {
    var columns = ResultColumns(studies.flatMap(\.rows))
    var swept: [String] = []
    for key in studies.flatMap({ $0.study.configuration.sweptKeys }) where !swept.contains(key) {
      swept.append(key)
    }
    columns.text("study", "The study's name") { $0.study }
    addHead(&columns, swept)
    columns.addMetrics()
    addTail(&columns, timed: studies.contains { $0.study.configuration.timed })
    return ResultTable("cells", title: "Every cell of every study", columns: columns.columns)
  }

  // MARK: A row for each cell

  /// One cell with all its seeds.
  private struct Group {
    let rows: [CellRow]

    func values(_ metric: String) -> [Double] { rows.compactMap { $0.metric(metric)?.value } }

    /// Of this cell less another one, seed by seed.
    func differences(_ metric: String, from other: Group) -> [Double] {
      rows.compactMap { row in
        let twin = other.rows.first { $0.cell.seed == row.cell.seed }
        return row.metric(metric).flatMap { own in twin?.metric(metric).map { own.value - $0.value }
        }
      }
    }

    func mean(_ metric: String) -> Double? {
      let values = values(metric)
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// By Student's t over seeds; of one seed alone the bootstrap's.
    func interval(_ metric: String) -> (Double, Double)? {
      if let interval = TInterval(values(metric)) { return (interval.lower, interval.upper) }
      guard let only = rows.first?.metric(metric), rows.count == 1 else { return nil }
      return only.lower.flatMap { lower in only.upper.map { (lower, $0) } }
    }
  }

  private func summary(_ study: SweepPlan.Study, _ rows: [CellRow]) -> ResultTable {
    var groups: [Group] = []
    for row in rows {
      if let last = groups.last, last.rows.first?.cell.name == row.cell.name {
        groups[groups.count - 1] = Group(rows: last.rows + [row])
      } else {
        groups.append(Group(rows: [row]))
      }
    }
    var columns = ResultColumns(groups)
    columns.text("cell", "The cell's name") { $0.rows.first?.cell.name ?? "" }
    columns.integer("seeds", "1", "Seeds that are done") {
      $0.rows.count { $0.evaluation != nil }
    }
    for key in study.configuration.sweptKeys {
      columns.swept(key) { $0.rows.first?.cell.value(of: key) }
    }
    for name in ResultColumns<CellRow>.metrics(of: rows) {
      columns.number(name, "1", "Mean over seeds") { $0.mean(name) }
      columns.number(
        "\(name)_low", "1",
        "Lower end of the mean's 95 % interval by Student's t over seeds; of one seed the bootstrap's"
      ) { $0.interval(name)?.0 }
      columns.number("\(name)_high", "1", "Its upper end") { $0.interval(name)?.1 }
      guard
        let baseline = groups.first(where: {
          $0.rows.first?.cell.name == study.configuration.baseline
        })
      else { continue }
      // Cells of one seed share their noise: what both have in common is not in the difference.
      func difference(_ group: Group) -> [Double] {
        group.rows.first?.cell.name == study.configuration.baseline
          ? [] : group.differences(name, from: baseline)
      }
      columns.number(
        "\(name)_difference", "1", "Mean over seeds of the difference from the baseline"
      ) {
        let values = difference($0)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
      }
      columns.number(
        "\(name)_difference_low", "1",
        "Lower end of its 95 % interval by Student's t over seeds; NaN for one seed"
      ) { TInterval(difference($0))?.lower }
      columns.number("\(name)_difference_high", "1", "Its upper end") {
        TInterval(difference($0))?.upper
      }
    }
    var single = ResultColumns(groups.compactMap(\.rows.first))
    single.addEvaluations()
    if study.configuration.timed { single.addTimes() }
    return ResultTable(
      "summary/\(study.name)", title: study.configuration.title + ": means over seeds",
      columns: columns.columns + single.columns)
  }
}

extension SweepPlan.Cell {
  /// The canonical value of a key; of a section, of all its keys on one line.
  func value(of key: String) -> String? {
    if let value = settings[key] { return value == "null" ? "" : value }
    let inner = settings.filter { $0.key.hasPrefix(key + ".") }.sorted { $0.key < $1.key }
    guard !inner.isEmpty else { return nil }
    return inner.map { "\($0.key.dropFirst(key.count + 1)): \($0.value)" }.joined(separator: ", ")
  }
}
