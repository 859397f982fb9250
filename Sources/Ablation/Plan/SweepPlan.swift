import Diagnostics
import Pipelines

/// All steps of a sweep, and which of them each cell of each study is.
struct SweepPlan: Sendable {
  struct Cell: Sendable {
    let name: String
    let seed: Int
    /// What its plan has in common with plans of other lengths.
    let family: String
    /// Every key of the cell's configuration with its value.
    let settings: [String: String]
    let sample: String
    let evaluation: String
    /// The comparison with the solution, where that is asked for and there is one.
    let agreement: String?
    /// The training of its refiner, where that is part of the sweep.
    let refiner: String?

    /// The steps that its row is made of, times aside.
    var targets: [String] { [evaluation] + (agreement.map { [$0] } ?? []) }
  }

  struct Study: Sendable {
    let name: String
    let configuration: StudyConfiguration
    /// Seeds of one cell beside each other.
    let cells: [Cell]
    let timing: String?

    /// The steps that its table is made of.
    var targets: [String] { cells.flatMap(\.targets) + (timing.map { [$0] } ?? []) }
  }

  let studies: [Study]
  let steps: [String: Step]
  /// Every step after those it needs.
  let order: [String]

  /// Decodes and checks every cell; reads the files that they name to hash them.
  /// - Throws: `InputError` for the first mistake in any cell.
  init(_ configuration: AblationConfiguration, _ folder: SweepFolder) throws {
    // First all of what takes no time to find out.
    let decoded = try configuration.studies.map { name, study in
      let seeds = study.seeds.isEmpty ? configuration.seeds : study.seeds
      let names = study.cellNames
      guard Set(names).count == names.count else {
        throw InputError("studies.\(name)", expected: "each cell once", found: "a name twice")
      }
      return try study.combinations.map { cell in
        try seeds.map { seed in
          (
            name: cell.name, seed: seed,
            cell: try CellConfiguration(
              configuration.base, changes: study.set + cell.values, seed: seed,
              retrain: study.retrain)
          )
        }
      }
    }
    let builder = PlanBuilder(configuration, folder)
    studies = try zip(configuration.studies, decoded).map { study, cells in
      var timed: [(name: String, sample: PlanBuilder.PlannedSample)] = []
      var planned: [Cell] = []
      for (name, seed, cell) in cells.flatMap(\.self) {
        let sample = try builder.sample(cell)
        if timed.last?.name != name { timed.append((name, sample)) }
        let title = "\(study.name): \(name), seed \(seed)"
        let step = builder.add(sample, title: "samples of \(title)")
        planned.append(
          Cell(
            name: name, seed: seed,
            family: cell.family(beside: cells.first?.first?.cell, swept: study.value.sweptKeys),
            settings: try cell.settings(), sample: step,
            evaluation: try builder.evaluation(
              cell, of: step, title: "metrics of \(title)"),
            agreement: try builder.agreement(
              cell, of: sample, title: "agreement of \(title)"), refiner: sample.refiner))
      }
      return Study(
        name: study.name, configuration: study.value, cells: planned,
        timing: study.value.timed ? try builder.timing(study.name, timed) : nil)
    }
    (steps, order) = (builder.steps, builder.order)
  }

  /// The steps that `targets` rest on, with the targets.
  func closure(_ targets: [String]) -> Set<String> {
    var found: Set<String> = []
    var stack = targets
    while let hash = stack.popLast() {
      guard found.insert(hash).inserted else { continue }
      stack += steps[hash]?.needs ?? []
    }
    return found
  }

  /// The studies named; all where none is.
  func selected(_ only: [String]) throws -> [Study] {
    for name in only where !studies.contains(where: { $0.name == name }) {
      throw InputError(
        "--only", expected: "one of \(studies.map(\.name).joined(separator: ", "))",
        found: "'\(name)'")
    }
    return only.isEmpty ? studies : studies.filter { only.contains($0.name) }
  }
}
