import Pipelines
import PipelinesTestSupport
import Storage
import TemporaryFolders
import Testing

@testable import Ablation

/// The best of each family at equal cost, from records that are made up.
@Suite struct BudgetTests {
  private static let studies = """
      solvers:
        title: Solvers
        baseline: heun:2
        budgets: ["heun:2", "heun:4"]
        seeds: [0]
        timed: true
        grid:
          sample.sampling.plan: ["heun:2", "heun:4", "euler:4", "euler:6", "euler:9", H1P1R1]
    """

  /// Milliseconds and evaluations per sample, FID and precision of each cell.
  private static let made:
    [String: (
      time: Double, evaluations: Double, fid: Double, precision: Double
    )] = [
      "heun:2": (10, 4, 30, 0.5), "heun:4": (20, 8, 20, 0.7), "euler:4": (10.4, 4, 40, 0.6),
      "euler:6": (15, 6, 25, 0.4), "euler:9": (23, 9, 10, 0.9), "H1P1R1": (8, 5, 22, 0.8),
    ]

  private func record(_ plan: SweepPlan, _ hash: String) throws -> StepRecord {
    let step = try #require(plan.steps[hash])
    return StepRecord(
      kind: step.kind, hash: hash, title: "", status: .done, settings: [:], seconds: 1,
      threads: 1, host: "")
  }

  private func table(_ sweep: TinySweep, _ overrides: [String] = []) throws -> ResultTable? {
    let plan = try SweepPlan(
      sweep.configuration(Self.studies, overrides: overrides), SweepFolder(root: sweep.root))
    let study = plan.studies[0]
    var records: [String: StepRecord] = [:]
    var timings: [CellTiming] = []
    for cell in study.cells {
      let made = try #require(Self.made[cell.name])
      var evaluation = try record(plan, cell.evaluation)
      evaluation.metrics = [
        .init(
          name: "fid[tiny]", value: made.fid, lower: made.fid - 1, upper: made.fid + 1, method: ""),
        .init(name: "precision[tiny]", value: made.precision, method: ""),
      ]
      records[cell.evaluation] = evaluation
      var sample = try record(plan, cell.sample)
      sample.evaluations = .init(predictor: made.evaluations - 2, refiner: 2)
      records[cell.sample] = sample
      var timing = CellTiming(cell: cell.name, batch: 2)
      timing.rounds = [.init(single: 1, batch: 2 * made.time / 1000, decoding: 1)]
      timings.append(timing)
    }
    if let hash = study.timing {
      var timing = try record(plan, hash)
      timing.timings = timings
      records[hash] = timing
    }
    return ResultTables(plan, records).all.first { $0.path == "budgets/solvers" }
  }

  @Test func theBestWithinABudgetStandsForItsFamily() throws {
    try withTemporaryFolder { folder in
      let table = try #require(try table(TinySweep(in: folder)))
      let (e, t) = ("evaluations", "time")
      #expect(table["axis"]?.values == .texts([e, e, e, e, e, e, t, t, t, t, t, t]))
      #expect(
        table["family"]?.values
          == .texts(Array(repeating: ["heun", "euler", "FlowTurbo"], count: 4).flatMap { $0 }))
      // 4 and 8 evaluations; 10 ms, which 10.4 ms are within, and 20 ms, which 23 are not.
      #expect(table["cells"]?.values == .integers([1, 1, 0, 2, 2, 1, 1, 1, 1, 2, 2, 1]))
      #expect(
        table["fid[tiny]_cell"]?.values
          == .texts([
            "heun:2", "euler:4", "", "heun:4", "euler:6", "H1P1R1", "heun:2", "euler:4", "H1P1R1",
            "heun:4", "euler:6", "H1P1R1",
          ]))
      // More of precision is better.
      #expect(
        table["precision[tiny]_cell"]?.values
          == .texts([
            "heun:2", "euler:4", "", "heun:4", "euler:4", "H1P1R1", "heun:2", "euler:4", "H1P1R1",
            "heun:4", "euler:4", "H1P1R1",
          ]))
      func numbers(_ name: String) -> [Double] {
        guard case .numbers(let values)? = table[name]?.values else { return [] }
        return values
      }
      #expect(numbers("fid[tiny]").prefix(2) == [30, 40] && numbers("fid[tiny]")[2].isNaN)
      #expect(numbers("fid[tiny]_low")[4] == 24 && numbers("fid[tiny]_high")[4] == 26)
      #expect(numbers("budget_evaluations").prefix(6) == [4, 4, 4, 8, 8, 8])
      #expect(numbers("budget_time")[0].isNaN)
      #expect(numbers("budget_time").suffix(6) == [10, 10, 10, 20, 20, 20])
      #expect(table["budget_time"]?.unit == "ms")
    }
  }

  @Test func untimedStudiesHaveEvaluationsAndOthersNoTable() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let untimed = try #require(try table(sweep, ["studies.solvers.timed=false"]))
      #expect(untimed.rows == 6)
      #expect(try table(sweep, ["studies.solvers.budgets=[]"]) == nil)
    }
  }

  @Test func familiesAreNamedByWhatElseIsSwept() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let studies = """
          many:
            title: Many
            seeds: [0]
            grid:
              sample.sampling.plan: ["heun:2", "heun:4", H2]
              sample.sampling.times: [uniform, cosine]
              sample.sampling.guidance: [1.0, 1.5]
        """
      let plan = try SweepPlan(
        sweep.configuration(studies), SweepFolder(root: sweep.root))
      let families = plan.studies[0].cells.map(\.family)
      #expect(
        families.prefix(4) == [
          "heun, 1.0", "heun, 1.5", "heun, times cosine, 1.0", "heun, times cosine, 1.5",
        ])
      #expect(families.prefix(4) == families[4..<8] && families[8] == "FlowTurbo, 1.0")
    }
  }
}
