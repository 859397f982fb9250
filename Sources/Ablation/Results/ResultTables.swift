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
    studies.map { table($0.study, $0.rows) } + studies.map { summary($0.study, $0.rows) }
      + studies.compactMap { BudgetTable($0.study, $0.rows)?.table } + [cells]
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
    if columns.rows.contains(where: { $0.cell.agreement != nil }) {
      columns.number("seconds_agreement", "s", "Latents beside the solution's") {
        $0.agreement?.seconds
      }
    }
  }

  private func table(_ study: SweepPlan.Study, _ rows: [CellRow]) -> ResultTable {
    var columns = ResultColumns(rows)
    addHead(&columns, study.configuration.sweptKeys)
    columns.addMeasures()
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
    columns.addMeasures()
    addTail(&columns, timed: studies.contains { $0.study.configuration.timed })
    return ResultTable("cells", title: "Every cell of every study", columns: columns.columns)
  }

  // MARK: A row for each cell

  private func summary(_ study: SweepPlan.Study, _ rows: [CellRow]) -> ResultTable {
    let groups = CellGroup.all(of: rows)
    var columns = ResultColumns(groups)
    columns.text("cell", "The cell's name") { $0.name }
    columns.integer("seeds", "1", "Seeds that are done") {
      $0.rows.count { $0.status == "done" }
    }
    for key in study.configuration.sweptKeys {
      columns.swept(key) { $0.rows.first?.cell.value(of: key) }
    }
    let baseline = groups.first { $0.name == study.configuration.baseline }
    for measure in CellMeasure.all(of: rows) { columns.add(measure, baseline: baseline) }
    if rows.contains(where: { $0.distances != nil }) {
      columns.number("latent_rmse_median", "1", "Median over samples; mean over seeds") {
        CellGroup.mean($0.rows.compactMap(\.medianDistance))
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
  func value(of key: String) -> String? { Self.value(of: key, in: settings) }

  static func value(of key: String, in settings: [String: String]) -> String? {
    if let value = settings[key] { return value == "null" ? "" : value }
    let inner = settings.filter { $0.key.hasPrefix(key + ".") }.sorted { $0.key < $1.key }
    guard !inner.isEmpty else { return nil }
    return inner.map { "\($0.key.dropFirst(key.count + 1)): \($0.value)" }.joined(separator: ", ")
  }
}
