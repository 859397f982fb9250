import Diagnostics
import Storage

/// One study of a file of results: a row for each cell, means over its seeds.
struct StudyResults: Sendable {
  /// The study's name, and what it asks.
  let name: String
  let title: String
  /// Of the rows.
  let cells: [String]
  /// How many seeds are done; empty where the table does not say.
  let seeds: [Double]
  /// The keys that the study sweeps, with their values as texts.
  let swept: [(key: String, values: [String])]
  let evaluations: [Measure]
  let metrics: [Measure]
  /// Of the metrics from the baseline, seed by seed.
  let differences: [Measure]
  /// All columns that begin with `time_`, and what else a cell costs.
  let times: [Measure]
  let costs: [Measure]
  let notes: [String]
  /// The best of each family at equal cost, where the study has budgets.
  let budgets: [ReportTable]
  /// Training in `/curves` of each cell that has one.
  let refiners: [(cell: String, training: String)]

  /// The studies of a document, in the order of its table of all cells: the configuration's.
  static func all(in document: ResultsDocument) -> [StudyResults] {
    var names: [String] = []
    for name in document[table: "cells"]?["study"]?.values.asTexts ?? []
    where !names.contains(name) {
      names.append(name)
    }
    for table in document.tables {
      let parts = table.path.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2, ["tables", "summary"].contains(parts[0]),
        !names.contains(parts[1])
      else { continue }
      names.append(parts[1])
    }
    return names.compactMap { StudyResults($0, in: document) }
  }

  private init?(_ name: String, in document: ResultsDocument) {
    let rows = document[table: "tables/\(name)"]
    guard let summary = document[table: "summary/\(name)"] ?? rows,
      let cells = summary["cell"]?.values.asTexts,
      summary.columns.allSatisfy({ $0.values.count == cells.count }),
      rows.map({ rows in rows.columns.allSatisfy { $0.values.count == rows.rows } }) != false
    else { return nil }
    self.name = name
    title = rows?.title ?? summary.title
    self.cells = cells
    seeds = summary["seeds"]?.values.asNumbers ?? []
    swept = summary.columns.filter(\.isSweptKey).map { ($0.name, $0.values.asTexts) }

    var groups: [ColumnRole: [Measure]] = [:]
    for column in summary.columns {
      guard let role = ColumnRole(column, of: summary),
        let measure = summary.measure(column.name), measure.hasValues
      else { continue }
      groups[role, default: []].append(measure)
    }
    evaluations = groups[.evaluations] ?? []
    metrics = groups[.metric] ?? []
    differences = groups[.difference] ?? []
    times = groups[.time] ?? []
    costs = groups[.cost] ?? []
    budgets = document[table: "budgets/\(name)"].map(BudgetTables.all) ?? []
    notes = rows.map(Self.notes) ?? []
    refiners = rows.map(Self.trainings) ?? []
  }

  /// What is not in the numbers, cell by cell.
  private static func notes(_ table: ResultTable) -> [String] {
    guard let cells = table["cell"]?.values.asTexts, let status = table["status"]?.values.asTexts
    else { return [] }
    let seeds = table["seed"]?.values.asTexts ?? []
    let errors = table["error"]?.values.asTexts ?? []
    let timing = table["timing_error"]?.values.asTexts ?? []
    func seed(_ row: Int) -> String { seeds.indices.contains(row) ? seeds[row] : "" }
    var notes: [String] = []
    let pending = cells.indices.filter { status[$0] == "pending" }
    if pending.count == cells.count, !pending.isEmpty {
      notes.append("pending: all \(pending.count)")
    } else if !pending.isEmpty {
      // Each cell with the seeds that it lacks.
      var lacking: [(cell: String, seeds: [String])] = []
      for row in pending {
        if let last = lacking.indices.last, lacking[last].cell == cells[row] {
          lacking[last].seeds.append(seed(row))
        } else {
          lacking.append((cells[row], [seed(row)]))
        }
      }
      let list = lacking.map { cell, seeds in
        "\(cell) (\(seeds.count > 1 ? "seeds" : "seed") \(seeds.joined(separator: ", ")))"
      }
      notes.append(
        "pending: \(pending.count) of \(cells.count): " + list.joined(separator: ", "))
    }
    for row in cells.indices where status[row] == "failed" {
      notes.append(
        "failed: \(cells[row]) (seed \(seed(row))): \(errors.indices.contains(row) ? errors[row] : "")"
      )
    }
    var told: Set<String> = []
    for row in cells.indices where timing.indices.contains(row) && !timing[row].isEmpty {
      guard told.insert(cells[row]).inserted else { continue }
      notes.append("not timed: \(cells[row]): \(timing[row])")
    }
    return notes.map(\.withoutControlCharacters)
  }

  private static func trainings(_ table: ResultTable) -> [(cell: String, training: String)] {
    guard let cells = table["cell"]?.values.asTexts,
      let refiners = table["refiner"]?.values.asTexts
    else { return [] }
    var seen: Set<String> = []
    return zip(cells, refiners).filter { cell, refiner in
      !refiner.isEmpty && seen.insert("\(cell)\0\(refiner)").inserted
    }.map { ($0, $1) }
  }

  /// The cell that differences are from: the one that has the metric and no difference while all
  /// others that have the one have the other. Nil where the table leaves that open.
  var baseline: String? {
    for difference in differences {
      let name = String(difference.name.dropLast("_difference".count))
      guard let metric = metrics.first(where: { $0.name == name }) else { continue }
      let without = cells.indices.filter {
        metric.values[$0].isFinite && !difference.values[$0].isFinite
      }
      if let only = without.first, without.count == 1 { return cells[only] }
    }
    return nil
  }
}

/// What the columns of a study's table are, from their names.
enum ColumnRole: Hashable {
  case evaluations, metric, difference, time, cost

  /// Nil for texts, swept keys, seeds and the ends of intervals.
  init?(_ column: ResultColumn, of table: ResultTable) {
    let name = column.name
    guard !column.isSweptKey, !["seed", "seeds"].contains(name) else { return nil }
    if case .texts = column.values { return nil }
    for end in ["_low", "_high"] where name.hasSuffix(end) {
      if table[String(name.dropLast(end.count))] != nil { return nil }
    }
    if name.hasSuffix("_evaluations") {
      self = .evaluations
    } else if name.hasSuffix("_difference"),
      table[String(name.dropLast("_difference".count))] != nil
    {
      self = .difference
    } else if name.hasPrefix("time_") {
      // The size of the batch is a setting.
      if name == "time_batch" { return nil }
      self = .time
    } else if ["multiply_adds"].contains(name) || name.hasPrefix("memory_")
      || name.hasPrefix("seconds_")
    {
      self = .cost
    } else {
      self = .metric
    }
  }
}
