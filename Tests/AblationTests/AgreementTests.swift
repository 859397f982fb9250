import Foundation
import Pipelines
import PipelinesTestSupport
import Storage
import Synchronization
import TemporaryFolders
import Testing

@testable import Ablation

/// How near cells come to the solution.
@Suite(.serialized) struct AgreementTests {
  private static let studies = """
      lengths:
        title: Lengths
        baseline: euler:2
        seeds: [0, 1]
        grid:
          sample.sampling.plan: ["euler:2", "euler:4", "euler:16", "heun:24", "sde:4"]
      refined:
        title: Refined
        baseline: plain
        seeds: [0]
        set:
          sample.sampling.plan: euler:4
        cells:
          plain: {}
          refined: {sample.sampling.plan: H1R2}
    """

  private static let agreement = "agreement={count: 6, reference: 'heun:24', batch: 4}"

  private func plan(_ sweep: TinySweep, _ overrides: [String] = []) throws -> SweepPlan {
    try SweepPlan(
      sweep.configuration(Self.studies, overrides: overrides), SweepFolder(root: sweep.root))
  }

  @Test func stepsAreAddedAndNoneChanges() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let (plain, plan) = (try plan(sweep), try plan(sweep, [Self.agreement]))
      #expect(plan.order.filter { plain.steps[$0] != nil } == plain.order)
      let added = plan.order.filter { plain.steps[$0] == nil }.compactMap { plan.steps[$0] }
      #expect(Set(added.map(\.kind)) == [.solution, .agreement])
      // One solution for each seed; cells that both studies have are one step.
      #expect(added.count { $0.kind == .solution } == 2)
      #expect(added.count { $0.kind == .agreement } == 9)
      let (lengths, refined) = (plan.studies[0].cells, plan.studies[1].cells)
      #expect(refined[0].agreement == lengths[2].agreement)
      // Where noise is added there is no solution.
      #expect(
        lengths.map { $0.agreement == nil } == Array(repeating: false, count: 8) + [true, true])
      for step in added where step.kind == .agreement {
        #expect(step.needs.count { plan.steps[$0]?.kind == .solution } == 1)
      }
      // How many samples a set has and how they are decoded does not matter.
      let others = try self.plan(sweep, [Self.agreement, "base.sample.sampling.count=9"])
      #expect(others.studies[0].cells.map(\.agreement) == lengths.map(\.agreement))
      #expect(others.studies[0].cells[0].sample != lengths[0].sample)
      for change in [
        "agreement.count=5", "agreement.reference=heun:20", "agreement.batch=3",
        "base.sample.sampling.guidance=2",
      ] {
        let changed = try self.plan(sweep, [Self.agreement, change])
        #expect(changed.studies[0].cells[0].agreement != lengths[0].agreement, "\(change)")
      }
    }
  }

  /// What hashes of steps have always been: a finished sweep stays finished.
  @Test func hashesStayWhatTheyWere() {
    let settings = ["sampling.plan": "H1P5R3", "seed": "0", "vae weights": "abc"]
    #expect(Toolkit.numerics == 1)
    #expect(
      Step.Kind.allCases.map { "\($0.rawValue) \(StepHash.of($0, settings))" } == [
        "images 2c8a3b333b7b044c7eff17aa",
        "latents 8e7e27ab19210ad6ccf98a06",
        "autoencoder bef59ca26229d533af0e3892",
        "refiner a7973b21225dca9264755657",
        "sample 4f9890fb36480dd7ae6c286f",
        "reference 973cc0ec7f58648429932c59",
        "evaluation c32ecd8b6d6d287b192181ab",
        "solution f27ecfa8329f51b240ad4544",
        "agreement c03db1997ddc7a57cdd6825a",
        "timing 3d32c5c925880902f7b20e85",
      ])
  }

  @Test func distancesStandInTheTables() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let configuration = try sweep.configuration(Self.studies, overrides: [Self.agreement])
      let done = Mutex<[Step.Kind]>([])
      var run = Sweep(configuration, observe: { _ in }, shouldStop: { false })
      run.willRun = { step in done.withLock { $0.append(step.kind) } }
      try run.run(resume: false)
      #expect(done.withLock { $0.count { $0 == .solution } } == 2)
      #expect(done.withLock { $0.count { $0 == .agreement } } == 9)

      let document = try ResultsDocument(path: "\(sweep.root)/results.h5")
      func numbers(_ table: String, _ column: String) throws -> [Double] {
        let found = try #require(document[table: table]?[column])
        #expect(found.unit == "1" && !found.description.isEmpty)
        guard case .numbers(let values) = found.values else { return [] }
        return values
      }
      let lengths = try numbers("tables/lengths", "latent_rmse")
      #expect(lengths.count == 10)
      #expect(
        document[table: "tables/lengths"]?["status"]?.values
          == .texts(Array(repeating: "done", count: 10)))
      // More steps come nearer, and the solution is at no distance from itself.
      for seed in 0..<2 {
        let (two, four) = (lengths[seed], lengths[2 + seed])
        let (sixteen, exact) = (lengths[4 + seed], lengths[6 + seed])
        #expect(two > 1.5 * four && four > 1.5 * sixteen && sixteen > 1e-4)
        #expect(exact == 0)
      }
      #expect(lengths[0] != lengths[1])
      #expect(lengths[8].isNaN && lengths[9].isNaN)
      for name in ["_low", "_high", "_median"] {
        let values = try numbers("tables/lengths", "latent_rmse\(name)")
        #expect(values[6] == 0 && values[8].isNaN)
        #expect(values[0] > 0 && abs(values[0] / lengths[0] - 1) < 0.8)
      }

      // Over seeds.
      let summary = try numbers("summary/lengths", "latent_rmse_difference")
      #expect(summary[0].isNaN && summary[4].isNaN)
      let differences = [lengths[2] - lengths[0], lengths[3] - lengths[1]]
      let interval = try #require(TInterval(differences))
      #expect(abs(summary[1] - interval.mean) < 1e-12)
      #expect(try numbers("summary/lengths", "latent_rmse_difference_high")[1] == interval.upper)
      // Of one seed over its samples, in pairs.
      let plan = try SweepPlan(configuration, SweepFolder(root: sweep.root))
      let records = try StepRecords(folder: SweepFolder(root: sweep.root)).read(plan)
      func distances(_ cell: SweepPlan.Cell) throws -> [Double] {
        try #require(cell.agreement.flatMap { records[$0]?.latentDistances })
      }
      let cells = plan.studies[1].cells
      let (base, refined) = (try distances(cells[0]), try distances(cells[1]))
      #expect(base.count == 6)
      let paired = try #require(TInterval(zip(refined, base).map { $0 - $1 }))
      #expect(try numbers("summary/refined", "latent_rmse_difference_low")[1] == paired.lower)
      let single = try #require(TInterval(base))
      #expect(try numbers("summary/refined", "latent_rmse_high")[0] == single.upper)

      // The latents of cells are gone, those of solutions are there.
      let files = try FileManager.default.subpathsOfDirectory(atPath: sweep.root)
      #expect(files.count { $0.hasSuffix("latents.safetensors") } == 2)
    }
  }

  @Test(arguments: [
    ("agreement={reference: H1R1}", "agreement.reference: expected a plan without R and without"),
    (
      "agreement={reference: 'sde:8'}", "agreement.reference: expected a plan without R and without"
    ),
    ("agreement={count: 1}", "agreement.count: expected an integer from 2 to 65536, found 1"),
  ])
  func referencesThatAreNoSolutionsAreRefused(_ override: String, _ message: String) throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let error = #expect(throws: (any Error).self) {
        _ = try plan(sweep, [override])
      }
      #expect("\(error.map { "\($0)" } ?? "")".contains(message), "\(String(describing: error))")
    }
  }
}
