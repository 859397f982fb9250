import Pipelines
import Storage

/// The best of each family of cells at equal cost: no more evaluations, or no more time, than a
/// cell that the study names takes.
struct BudgetTable {
  private struct Row {
    let axis: BudgetAxis
    let budget: CellGroup
    let family: String
    /// Cells of the family within the budget.
    let cells: [CellGroup]

    /// The best of them by the mean over seeds.
    func best(_ measure: CellMeasure) -> CellGroup? {
      let known = cells.compactMap { cell in cell.mean(measure).map { (cell, $0) } }
      return known.min { measure.isBetterHigher ? $0.1 > $1.1 : $0.1 < $1.1 }?.0
    }
  }

  private let study: SweepPlan.Study
  private let rows: [Row]
  private let measures: [CellMeasure]

  /// Nil for a study that names no budgets.
  init?(_ study: SweepPlan.Study, _ cells: [CellRow]) {
    guard !study.configuration.budgets.isEmpty else { return nil }
    self.study = study
    measures = CellMeasure.all(of: cells)
    let groups = CellGroup.all(of: cells)
    var families: [String] = []
    for group in groups where !families.contains(group.family) { families.append(group.family) }
    let axes = BudgetAxis.allCases.filter { $0 != .time || study.configuration.timed }
    rows = axes.flatMap { axis in
      study.configuration.budgets.compactMap { name in groups.first { $0.name == name } }
        .flatMap { budget in
          families.map { family in
            Row(
              axis: axis, budget: budget, family: family,
              cells: groups.filter { group in
                guard group.family == family, let cost = group.cost(axis),
                  let limit = budget.cost(axis)
                else { return false }
                return cost <= limit * axis.equality
              })
          }
        }
    }
  }

  var table: ResultTable {
    var columns = ResultColumns(rows)
    columns.text("axis", "What is equal: evaluations or time") { $0.axis.rawValue }
    columns.text("budget", "The cell that has what others may take") { $0.budget.name }
    columns.number("budget_evaluations", "1", "Its evaluations per sample, of both networks") {
      $0.axis == .evaluations ? $0.budget.cost(.evaluations) : nil
    }
    columns.number("budget_time", "ms", "Its median time per sample of a batch") {
      $0.axis == .time ? $0.budget.cost(.time) : nil
    }
    columns.text("family", "Plans that differ in their number of steps alone") { $0.family }
    columns.integer(
      "cells", "1", "Cells of the family within the budget, in time by 5 % at most above it"
    ) { $0.cells.count }
    for measure in measures {
      let name = measure.name
      columns.number(name, "1", "Mean over seeds of the best of these cells") { row in
        row.best(measure)?.mean(measure)
      }
      columns.number("\(name)_low", "1", "Lower end of its 95 % interval, as in the summary") {
        row in row.best(measure)?.interval(measure)?.lower
      }
      columns.number("\(name)_high", "1", "Its upper end") { row in
        row.best(measure)?.interval(measure)?.upper
      }
      columns.text("\(name)_cell", "The best of these cells") { $0.best(measure)?.name ?? "" }
    }
    return ResultTable(
      "budgets/\(study.name)", title: study.configuration.title + ": at equal cost",
      columns: columns.columns)
  }
}

extension CellGroup {
  fileprivate var family: String { rows.first?.cell.family ?? "" }

  /// Per sample: evaluations of both networks, or milliseconds of the median batch.
  fileprivate func cost(_ axis: BudgetAxis) -> Double? {
    for row in rows {
      let cost: Double? =
        switch axis {
        case .evaluations:
          row.predictorEvaluations.flatMap { own in row.refinerEvaluations.map { own + $0 } }
        case .time: row.batchTime.map { 1000 * $0.median }
        }
      if let cost { return cost }
    }
    return nil
  }
}
