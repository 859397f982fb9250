import Configuration
import Diagnostics

/// One study: the cells of a table.
public struct StudyConfiguration: Sendable, ConfigurationSchema {
  public var title = ""
  /// The cell that others are compared with; nil compares no times.
  public var baseline: String?
  /// None for the sweep's.
  public var seeds: [Int] = []
  /// Cells whose evaluations and times are what others may take to be compared at equal cost.
  public var budgets: [String] = []
  /// Whether cells are timed.
  public var timed = false
  /// Whether refiners are trained anew for every seed, rather than once for all.
  public var retrain = false
  /// Keys that all cells share.
  public var set: [(key: String, value: OpenValue)] = []
  /// Cells by name, each with the keys that it changes.
  public var cells: [(name: String, values: [(key: String, value: OpenValue)])] = []
  /// Every combination of these values, for each of `cells` where there are any.
  public var grid: [(key: String, values: [OpenValue])] = []

  public init() {}

  static let maximumCells = 10_000
  static let maximumSeeds = 21

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.required("title", &title, in: .notEmpty)
    try table.optional("baseline", &baseline)
    try table.list("budgets", &budgets, in: .notEmpty, count: 0...100)
    try table.list("seeds", &seeds, in: .atLeast(0), count: 0...Self.maximumSeeds)
    try table.optional("timed", &timed)
    try table.optional("retrain", &retrain)
    try table.open("set", &set)
    try table.open("cells", &cells)
    try table.open("grid", &grid, count: 1...1000)
  }

  public func validate() throws {
    guard !cells.isEmpty || !grid.isEmpty else {
      throw InvalidField("cells", expected: "cells or a grid", found: "neither")
    }
    guard Set(seeds).count == seeds.count else {
      throw InvalidField("seeds", expected: "each seed once", found: "\(seeds)")
    }
    let size = grid.reduce(Double(max(cells.count, 1))) { $0 * Double($1.values.count) }
    guard size <= Double(Self.maximumCells) else {
      throw InvalidField("grid", expected: "at most \(Self.maximumCells) cells", found: "\(size)")
    }
    let named = (baseline.map { [("baseline", $0)] } ?? []) + budgets.map { ("budgets", $0) }
    guard !named.isEmpty else { return }
    let names = cellNames
    for (key, name) in named where !names.contains(name) {
      throw InvalidField(
        key, expected: "one of the cells \(names.prefix(8).joined(separator: ", "))",
        found: "'\(name)'")
    }
    guard Set(budgets).count == budgets.count else {
      throw InvalidField("budgets", expected: "each cell once", found: "\(budgets)")
    }
  }

  var cellNames: [String] { combinations.map(\.name) }

  /// What each cell changes, in the order of the file, the last grid key fastest.
  var combinations: [(name: String, values: [(key: String, value: OpenValue)])] {
    var combinations = cells.isEmpty ? [(name: "", values: [])] : cells
    for (key, values) in grid {
      combinations = combinations.flatMap { cell in
        values.map { value in
          (
            name: cell.name.isEmpty ? "\(value)" : "\(cell.name), \(value)",
            values: cell.values + [(key, value)]
          )
        }
      }
    }
    return combinations
  }

  /// The keys that cells change, each once.
  var sweptKeys: [String] {
    var keys: [String] = []
    for key in cells.flatMap({ $0.values.map(\.key) }) + grid.map(\.key)
    where !keys.contains(key) {
      keys.append(key)
    }
    return keys
  }
}
