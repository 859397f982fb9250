import Configuration
import Diagnostics
import PipelinesTestSupport
import TemporaryFolders
import Testing

@testable import Ablation

/// What a configuration comes to before anything runs.
@Suite struct PlanTests {
  private func plan(_ sweep: TinySweep, _ configuration: AblationConfiguration) throws -> SweepPlan
  {
    try SweepPlan(configuration, SweepFolder(root: configuration.output))
  }

  @Test func cellsAreEveryCombinationAndEqualStepsAreOne() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let plan = try plan(sweep, sweep.configuration())
      #expect(plan.studies.map(\.name) == ["orders", "guidance"])
      let orders = plan.studies[0]
      #expect(orders.cells.map(\.name) == ["H1P1R1", "H1P1R1", "H2", "H2"])
      #expect(orders.cells.map(\.seed) == [0, 1, 0, 1])
      #expect(orders.timing != nil && plan.studies[1].timing == nil)
      // H2 at guidance 1.5 and seed 0 is a cell of both.
      let some = try #require(plan.studies[1].cells.last)
      #expect(some.evaluation == orders.cells[2].evaluation)
      #expect(some.value(of: "sample.sampling.guidance") == "1.5")
      func count(_ kind: Step.Kind) -> Int { plan.steps.values.count { $0.kind == kind } }
      #expect((count(.sample), count(.evaluation)) == (5, 5))
      #expect((count(.images), count(.reference), count(.timing)) == (1, 1, 1))
      // Each step stands after those that it needs.
      for (place, hash) in plan.order.enumerated() {
        for need in try #require(plan.steps[hash]).needs {
          #expect(plan.order[..<place].contains(need))
        }
      }
    }
  }

  @Test func hashesFollowResultsAlone() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      func hashes(_ overrides: [String]) throws -> Set<String> {
        Set(try plan(sweep, sweep.configuration(overrides: overrides)).order)
      }
      let base = try hashes([])
      #expect(try hashes(["output=\(folder)/elsewhere", "results.perClass=1"]) == base)
      // Another title, cell or study changes no step of the others.
      #expect(try hashes(["studies.orders.title=Other"]) == base)
      #expect(try hashes(["studies.guidance.seeds=[0, 1]"]).isSuperset(of: base))
      for change in [
        "base.sample.sampling.count=9", "base.sample.sampling.labels=random",
        "base.sample.predictor.use=ema", "base.evaluate.evaluate.bootstrap=5",
        "reference.seed=2",
      ] {
        let other = try hashes([change])
        #expect(other != base, "\(change)")
        // What does not read the changed key stays.
        #expect(!other.isDisjoint(with: base) || change.contains("predictor"), "\(change)")
      }
      #expect(StepHash.of(.sample, ["a": "b"]) != StepHash.of(.images, ["a": "b"]))
      #expect(
        StepHash.of(.sample, ["a": "1", "b": ""]) != StepHash.of(.sample, ["a": "", "b": "1"]))
    }
  }

  @Test(arguments: [
    (
      "studies.guidance.cells={none: {sample.sampling.plam: H2}}",
      "studies.guidance.cells.none.sample.sampling.plam: unknown key; did you mean base.sample.sampling.plan?"
    ),
    ("studies.orders.grid={sample.sampling.plan: [H2, X3]}", "found"),
    ("studies.orders.baseline=H9", "baseline: expected one of the cells H1P1R1, H2, found 'H9'"),
    (
      "studies.orders.budgets=[H2, H9]",
      "budgets: expected one of the cells H1P1R1, H2, found 'H9'"
    ),
    ("studies.orders.budgets=[H2, H2]", "budgets: expected each cell once"),
    ("base.sampel={}", "base.sampel: unknown key; did you mean base.sample?"),
    ("base.sample.output=here", "base.sample.output: expected no value, found one"),
    (
      "base.refiner=trained",
      "refiner: expected given, or train-refiner for the plan H1P1R1, found trained"
    ),
    ("base.vae=trained", "vae: expected given, or train-vae, found trained"),
    ("studies.orders.seeds=[0, 0]", "seeds: expected each seed once, found [0, 0]"),
    (
      "reference=null",
      "expected a reference, or what to render as one, found neither; give it, or the section "
        + "'reference'"
    ),
    ("studies={}", "studies: expected at least one study, found none"),
    ("studies.orders.grid={sample.sampling.plan: H2}", "expected a list of 1 to 1000, found 'H2'"),
    ("timing.rounds=2", "timing.rounds: expected an integer from 3 to 1000, found 2"),
  ])
  func mistakesAreNamedBeforeAnythingRuns(_ override: String, _ message: String) throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let error = #expect(throws: InputError.self) {
        _ = try plan(sweep, sweep.configuration(overrides: [override]))
      }
      let text = error?.description ?? ""
      #expect(text.contains(message) && !text.contains("\n"), "\(text)")
    }
  }

  @Test func refinersAreTrainedOnceOrForEverySeed() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      func plan(_ overrides: [String]) throws -> SweepPlan {
        try self.plan(
          sweep,
          sweep.configuration(
            overrides: [
              "base.refiner=trained",
              "base.train-refiner={data: {encode: {render: {perClass: 1, size: 8}, size: 8, vae: "
                + "{weights: \(sweep.models.vae)}}}, teacher: {weights: \(sweep.models.predictor)}, "
                + "training: {steps: 2}}",
            ] + overrides))
      }
      func trainings(_ plan: SweepPlan) -> [Step] {
        plan.steps.values.filter { $0.kind == .refiner }
      }
      let once = try plan([])
      #expect(trainings(once).count == 1)
      let cells = once.studies[0].cells
      #expect(cells.map { $0.refiner != nil } == [true, true, false, false])
      #expect(trainings(try plan(["studies.orders.retrain=true"])).count == 2)
      #expect(
        trainings(
          try plan(["studies.orders.set={train-refiner.training.offset.range: [0.0, 0.2]}"])
        ).first?.hash != trainings(once).first?.hash)
      // Where files lie and how often something is written is not in the hash.
      #expect(
        trainings(
          try plan(["studies.orders.set={train-refiner.training.checkpoint.every: 1}"])
        ).first?.hash == trainings(once).first?.hash)
    }
  }

  @Test func queueLeavesOutWhatIsDoneAndWhatRestsOnFailures() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let plan = try plan(sweep, sweep.configuration())
      let targets = plan.studies.flatMap(\.targets)
      func record(_ hash: String, _ status: StepRecord.Status) throws -> StepRecord {
        let step = try #require(plan.steps[hash])
        return StepRecord(
          kind: step.kind, hash: hash, title: "", status: status, error: "broke", settings: [:],
          seconds: 1, threads: 1, host: "")
      }
      func queue(_ records: [String: StepRecord], gone: Set<String> = []) -> StepQueue {
        StepQueue(plan, targets: targets, records: records) { !gone.contains($0.hash) }
      }
      let fresh = queue([:])
      #expect(fresh.ready.count + fresh.waiting.count == plan.order.count)
      #expect(fresh.ready.last?.kind == .timing)

      let cell = plan.studies[0].cells[0]
      let failed = queue([cell.sample: try record(cell.sample, .failed)])
      #expect(failed.failed.keys.sorted() == [cell.sample])
      #expect(failed.blocked == [cell.evaluation: "broke"])

      var done: [String: StepRecord] = [:]
      for hash in plan.order { done[hash] = try record(hash, .done) }
      #expect(queue(done).isEmpty)
      // Samples that are evaluated may be removed; others are made again.
      #expect(queue(done, gone: [cell.sample]).isEmpty)
      done[cell.evaluation] = nil
      let again = queue(done, gone: [cell.sample])
      #expect(again.ready.map(\.hash) == [cell.sample])
      #expect(again.waiting.map(\.hash) == [cell.evaluation])
    }
  }
}
