import Diagnostics
import Foundation
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

/// Samples that have their own time, length and acceptance.
@Suite struct PerSampleStepsTests {
  /// x′ = cos(ωt)·x + 1/10 with ω = 2, 9, 21 by class: the higher, the shorter the steps; the
  /// null class as class 0.
  private static func field(scale: Double) -> VelocityField {
    VelocityField(
      guidance: Guidance(scale: scale, channels: .all, nullClass: 3),
      predictor: { x, t, labels in
        let rates = try x.graph.constant([2, 9, 21, 2], shape: [4, 1]).gather(labels)  // (R, 1)
        return try x * (rates * t.reshaped([t.shape[0], 1])).cosine() + 0.1
      })
  }

  private static func settings(
    _ per: AdaptiveOptions.Scope = .sample, tolerance: Double = 1e-3,
    _ change: (inout AdaptiveOptions) -> Void = { _ in }
  ) -> SolverSettings {
    var settings = SolverSettings()
    (settings.absoluteTolerance, settings.relativeTolerance) = (tolerance, tolerance)
    settings.adaptive.per = per
    change(&settings.adaptive)
    return settings
  }

  private func sampler(
    _ plan: String, _ settings: SolverSettings, scale: Double = 1,
    executor: any Executor = ReferenceExecutor<Double>()
  ) throws -> Sampler {
    try Sampler(
      executor: executor, field: Self.field(scale: scale), predictorWeights: [:],
      plan: SamplingPlan(plan), settings: settings)
  }

  private static let labels: [Int32] = [0, 2, 1, 0, 2, 1, 0]
  private static let noise: [[Float]] = (0..<7).map { [1 - 0.2 * Float($0), 0.3 + Float($0)] }

  private func latents(_ sampler: Sampler, _ samples: [Int], observer: Sampler.Observer? = nil)
    throws -> [[Float]]
  {
    let all = try sampler.sample(
      noise: HostTensor(samples.flatMap { Self.noise[$0] }, shape: [samples.count, 2]),
      labels: samples.map { Self.labels[$0] }, observer: observer
    ).array()
    return samples.indices.map { Array(all[2 * $0..<2 * $0 + 2]) }
  }

  private static func options(of plan: String) -> SolverSettings {
    plan == "adaptive" ? settings { $0.c = 0.04 } : settings()
  }

  /// Alone, in another batch and in another order: the same bits.
  @Test(
    arguments: ["dopri5", "bs3", "heun21", "adaptive", "adaptive:9", "dopri5:3", "bs3:3"], [1, 1.5])
  func samplesDoNotDependOnTheirBatch(plan: String, scale: Double) throws {
    let settings = Self.options(of: plan)
    let together = try latents(sampler(plan, settings, scale: scale), Array(0..<7))
    let others = try latents(sampler(plan, settings, scale: scale), [5, 1, 3])
    #expect(others == [together[5], together[1], together[3]])
    for sample in 0..<7 {
      let alone = try latents(sampler(plan, settings, scale: scale), [sample])
      #expect(alone == [together[sample]], "sample \(sample)")
      // Alone there is no difference between a batch's steps and a sample's.
      var shared = settings
      shared.adaptive.per = .batch
      #expect(try latents(sampler(plan, shared, scale: scale), [sample]) == alone)
    }
    var shared = settings
    shared.adaptive.per = .batch
    #expect(try latents(sampler(plan, shared, scale: scale), Array(0..<7)) != together)
  }

  /// What observers keep stays as they saw it.
  @Test(arguments: ["bs3:3", "adaptive:4"], [AdaptiveOptions.Scope.sample, .batch])
  func observersMayKeepWhatTheySee(plan: String, per: AdaptiveOptions.Scope) throws {
    var kept: [(latents: HostTensor, then: [Float])] = []
    let end = try latents(sampler(plan, Self.settings(per)), [0, 1]) {
      kept.append(($0.latents, $0.latents.array()))
    }
    #expect(kept.count > 2)
    #expect(kept.allSatisfy { $0.latents.array() == $0.then })
    #expect(kept.last?.then == end.flatMap { $0 })
  }

  /// Networks in two parts, whose modulations are of each row's time.
  @Test(arguments: ["dopri5", "bs3", "heun21", "adaptive:4"])
  func networksGiveASampleTheSameInAnyBatch(plan: String) throws {
    let networks = try ToyNetworks()
    let labels: [Int32] = [4, 0, 2]
    func latents(_ indices: Range<Int>) throws -> [Float] {
      try networks.sampler(plan, settings: Self.settings(tolerance: 0.01)).sample(
        noise: networks.noise(indices), labels: Array(labels[indices])
      ).array()
    }
    let together = try latents(0..<3)
    for index in 0..<3 {
      let alone = try latents(index..<index + 1)
      let difference = relativeDifference(alone, Array(together[64 * index..<64 * (index + 1)]))
      #expect(difference < 1e-5, "\(difference)")
    }
  }

  /// Programs are of few sizes; what only fills them is counted apart.
  @Test(arguments: ["dopri5", "bs3", "heun21", "adaptive"], [1, 1.5])
  func samplesLeaveTheBatch(plan: String, scale: Double) throws {
    let recorder = RecordingExecutor()
    let sampler = try sampler(plan, Self.options(of: plan), scale: scale, executor: recorder)
    _ = try latents(sampler, Array(0..<7))
    let branches = scale == 1 ? 1 : 2
    let sizes = recorder.runs.compactMap { $0.inputs["x"]?.shape[0] }.map { $0 / branches }
    #expect(sizes == sizes.sorted(by: >) && Set(sizes).isSubset(of: [7, 4, 2, 1]))
    #expect(Set(sizes).count >= 2, "\(sizes)")
    #expect(recorder.graphs.count <= 2 * 4)
    #expect(sampler.paddingEvaluations > 0)
    // Every evaluation of a row is one that a sample needed, or padding.
    let each = ["dopri5": 6, "bs3": 3, "heun21": 2, "adaptive": 1][plan] ?? 0
    let start = plan == "adaptive" ? 0 : 2
    let rows = sizes.prefix(start).reduce(0, +) + each * sizes.dropFirst(start).reduce(0, +)
    #expect(sampler.sampleEvaluations.predictor + sampler.paddingEvaluations == rows)
    #expect(sampler.evaluations.predictor == start + each * (sizes.count - start))
    if plan != "adaptive" {
      let tried = sampler.steps.accepted + sampler.steps.rejected
      #expect(sampler.sampleEvaluations.predictor == 7 * start + each * tried)
    }
    // A batch with its steps in common takes those of its worst sample for all.
    var shared = Self.options(of: plan)
    shared.adaptive.per = .batch
    guard plan != "adaptive" else { return }
    let whole = try self.sampler(plan, shared, scale: scale)
    _ = try latents(whole, Array(0..<7))
    #expect(whole.paddingEvaluations == 0)
    #expect(whole.sampleEvaluations.predictor > sampler.sampleEvaluations.predictor)
  }

  /// Every sample meets the tolerance, the fast ones too.
  @Test(arguments: ["dopri5", "bs3", "heun21"])
  func everySampleMeetsTheTolerance(plan: String) throws {
    let fine = try latents(sampler("rk4:400", .init()), Array(0..<7))
    for tolerance in [1e-2, 1e-3, 1e-4] {
      let found = try latents(
        sampler(plan, Self.settings(tolerance: tolerance)), Array(0..<7))
      let error = zip(found.joined(), fine.joined()).map { Double(abs($0 - $1)) }.max() ?? 1
      // Values are up to 16, and errors of steps add up.
      #expect(error < 16 * 15 * tolerance, "\(tolerance): \(error)")
    }
  }

  /// Steps that were refused are counted, and there are some where the first is far too long.
  @Test(arguments: [AdaptiveOptions.Scope.batch, .sample])
  func refusedStepsAreCounted(per: AdaptiveOptions.Scope) throws {
    let bold = try sampler("bs3", Self.settings(per) { $0.first = 0.9 })
    _ = try latents(bold, Array(0..<7))
    #expect(bold.steps.rejected >= 4)
    let shy = try sampler("bs3", Self.settings(per) { $0.first = 0.001 })
    _ = try latents(shy, Array(0..<7))
    #expect(shy.steps.accepted >= 7 && shy.steps.rejected < bold.steps.rejected)
    // No evaluation finds the first step when it is given.
    let tried = shy.steps.accepted + shy.steps.rejected
    #expect(shy.sampleEvaluations.predictor == 7 + 3 * tried)
  }

  /// Each sample's latents at the plan's times, in their order, though samples pass them at
  /// different turns.
  @Test(arguments: ["dopri5:4", "bs3:4", "heun21:4"])
  func denseOutputIsOfEverySample(plan: String) throws {
    var settings = Self.settings(tolerance: 1e-5)
    settings.times = .list([0, 0.15, 0.5, 0.77, 1])
    var found: [[Float]] = []
    let end = try latents(sampler(plan, settings), Array(0..<7)) { step in
      #expect(step.index == found.count && step.count == 4)
      found.append(step.latents.array())
    }
    #expect(found.count == 4)
    #expect(found.last == Array(end.joined()))
    var fine: [[Float]] = []
    _ = try latents(sampler("rk4:100", .init()), Array(0..<7)) {
      fine.append($0.latents.array())
    }
    for (found, index) in zip(found, [14, 49, 76, 99]) {
      let error = zip(found, fine[index]).map { abs($0 - $1) }.max() ?? 1
      #expect(error < 2e-3, "\(index): \(error)")
    }
  }

  /// A sample that leaves the numbers' range leaves the batch, and the others go on.
  @Test func oneSampleThatIsNotFiniteIsAlone() throws {
    let field = VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      predictor: { x, _, _ in try 1e38 * x * x * x })
    let sampler = try Sampler(
      executor: ReferenceExecutor<Float>(), field: field, predictorWeights: [:],
      plan: SamplingPlan("bs3"))
    let end = try sampler.sample(noise: ToyFlow.column([1e10, 0]), labels: [0, 0]).array()
    #expect(!end[0].isFinite && end[1] == 0)
  }

  @Test func sizesAreHalves() {
    #expect(ActiveSamples.sizes(7) == [7, 4, 2, 1])
    #expect(ActiveSamples.sizes(1) == [1])
    let active = ActiveSamples([1, 4, 6], of: 7, branches: 2)
    #expect(active.picked == [1, 4, 6, 1] && active.wanted == 3)
    #expect(active.rows == [1, 4, 6, 1, 8, 11, 13, 8])
    #expect(active.rows(at: 1) == [1, 5] && active.rows(of: 4) == [4, 11])
  }

  /// What a dry run counts are the programs of every size.
  @Test func workIsOfEverySize() throws {
    let networks = try ToyNetworks()
    let work = try networks.sampler("bs3").work(latentShape: [4, 4, 4], labels: [0, 1, 2, 3])
    // Three sizes: the first slope, the step, and each one's modulations.
    #expect(work.programs.count == 3 * 4)
    #expect(work.blocks > 0 && work.classModulations > 0 && work.nullModulations == 0)
    #expect(work.modulationBytes(batches: 9) == work.modulationBytes(batches: 1))
  }
}
