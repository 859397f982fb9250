import Configuration
import Diagnostics
import Foundation
import Imaging
import PipelinesTestSupport
import Synchronization
import TemporaryFolders
import Testing

@testable import Pipelines

@Suite struct CompareTests {
  private func compare(
    _ models: TinyModels, _ overrides: [String] = [],
    observe: @escaping PipelineObserver = { _ in }
  ) throws -> PlanComparison {
    let text = models.compareConfiguration(output: "\(models.folder)/out")
    let configuration = try ConfigurationFile(
      text: text, name: "compare.yaml", overrides: overrides
    ).decode(CompareConfiguration.self)
    return try Compare(configuration, observe: observe).run()
  }

  @Test func measuresEveryPlanAgainstTheReference() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let events = Mutex<[PipelineEvent]>([])
      let comparison = try compare(models) { event in events.withLock { $0.append(event) } }

      #expect(comparison.images == 6)
      #expect(comparison.results.map(\.plan) == ["H2", "H1P1R1", "heun:12"])
      #expect(comparison.results.map(\.refiner) == [nil, "shipped", nil])
      #expect(comparison.results.map(\.predictorEvaluations) == [4, 3, 24])
      #expect(comparison.results.map(\.refinerEvaluations) == [0, 2, 0])
      #expect(comparison.results.allSatisfy { $0.millisecondsPerImage > 0 })
      // The reference itself is at no distance, the others are.
      #expect(comparison.results[2].latentRMSE == 0)
      #expect(comparison.results[0].latentRMSE > 1e-3)
      #expect(comparison.results[1].latentRMSE > 1e-3)

      let out = "\(folder)/out"
      for grid in ["H2.png", "H1P1R1-shipped.png", "heun-12.png"] {
        let image = try ImageDecoder.decode(path: "\(out)/\(grid)")
        #expect((image.width, image.height) == (2 * 8 + 2, 3 * 8 + 2 * 2))
      }
      let stored = try JSONDecoder().decode(
        PlanComparison.self, from: Data(contentsOf: URL(fileURLWithPath: "\(out)/comparison.json")))
      #expect(stored == comparison)
      #expect(stored.weights.keys.sorted() == ["predictor", "refiner shipped", "vae"])

      var tables: [[[String]]] = []
      var warnings: [String] = []
      for event in events.withLock({ $0 }) {
        if case .table(_, let rows) = event { tables.append(rows) }
        if case .warning(let text) = event { warnings.append(text) }
      }
      #expect(tables.count == 1)
      #expect(tables.first?.count == 4)
      #expect(tables.first?[2].prefix(4) == ["H1P1R1", "shipped", "3", "2"])
      #expect(
        warnings == ["refiner 'own' is left out: \(folder)/not-there.safetensors is not there"])
    }
  }

  /// Solvers that choose their steps or draw noise stand beside the others.
  @Test func everySolverIsCompared() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let comparison = try compare(
        models, ["sampling.plans=[dopri5, sde:6, unipc2:6, dpm++2m:6, ab3:6]"])
      #expect(
        comparison.results.map(\.plan) == ["dopri5", "sde:6", "unipc2:6", "dpm++2m:6", "ab3:6"])
      let evaluations = comparison.results.map(\.predictorEvaluations)
      #expect(evaluations.dropFirst() == [6, 6, 6, 7])
      #expect(evaluations[0] >= 14)
      #expect(comparison.results[0].latentRMSE < 0.01)
      // The first family's values are the budgets, and it stands at them.
      let table = ComparisonTable(comparison: comparison, reference: "heun:12")
      for standings in table.byEvaluations + table.byTime {
        #expect(standings.places.contains { $0.family == "dopri5" && $0.plans.count == 1 })
        #expect(standings.places.map(\.latentRMSE) == standings.places.map(\.latentRMSE).sorted())
      }
      #expect(table.byEvaluations.map(\.budget) == [evaluations[0]])
      #expect(table.byTime.map(\.budget) == [comparison.results[0].millisecondsPerImage])
      #expect(table.byEvaluations[0].absent == ["ab3", "dpm++2m", "sde", "unipc2"])
      let text = try String(contentsOfFile: "\(folder)/out/comparison.md", encoding: .utf8)
      #expect(Array(text.utf8) == table.markdown)
      for plan in comparison.results.map(\.plan) { #expect(text.contains("| `\(plan)` |")) }
      let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/out/comparison.h5"))
      #expect(file.prefix(8) == Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]))
      // Noise leads to other samples.
      #expect(comparison.results[1].latentRMSE > 0.05)
    }
  }

  /// Plans with settings of their own stand beside the others under their names.
  @Test func variantsHaveSettingsOfTheirOwn() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let comparison = try compare(
        models,
        [
          "sampling.plans=[bs3, ab2:6]", "sampling.rtol=0.001",
          "sampling.variants={coarse: {plan: bs3, rtol: 0.3, atol: 0.1, adaptive: {first: 0.2}}, "
            + "together: {plan: bs3, adaptive: {per: batch}}, c: {plan: adaptive, adaptive: {c: 0.1}}, "
            + "cosine: {plan: 'ab2:6', times: cosine}}",
        ])
      #expect(comparison.results.map(\.variant) == [nil, nil, "coarse", "together", "c", "cosine"])
      let families = comparison.results.map(\.family)
      #expect(
        families == [
          "bs3", "ab2", "bs3", "bs3, per batch", "adaptive, C given", "ab2, times cosine",
        ])
      let results = comparison.results
      #expect(results[2].predictorEvaluations < results[0].predictorEvaluations)
      #expect(results[2].latentRMSE > results[0].latentRMSE)
      #expect(results[1].latentRMSE != results[5].latentRMSE)
      #expect(
        results.map { $0.paddingEvaluations == nil } == [false, true, false, false, false, true])
      #expect(results[3].paddingEvaluations == 0 && results[0].rejectedSteps != nil)
      #expect(
        results.map(\.grid) == [
          "bs3.png", "ab2-6.png", "bs3-coarse.png", "bs3-together.png", "adaptive-c.png",
          "ab2-6-cosine.png",
        ])
      let text = try String(contentsOfFile: "\(folder)/out/comparison.md", encoding: .utf8)
      #expect(text.contains("| `bs3` coarse |"))
      #expect(text.contains("* together: plan: bs3, adaptive.per: batch\n"))
    }
  }

  /// A row of a grid holds one class, from the same noise in each plan.
  @Test func gridsShowTheSameSamples() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      _ = try compare(models, ["sampling.plans=[heun:12, heun:3]"])
      let one = try ImageDecoder.decode(path: "\(folder)/out/heun-12.png")
      _ = try compare(models, ["sampling.plans=[heun:12]", "sampling.batch=6"])
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out/heun-3.png"))
      // 8 bits hide the rounding of another batch size but for a step here and there.
      let other = try ImageDecoder.decode(path: "\(folder)/out/heun-12.png")
      #expect(zip(one.pixels, other.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
  }

  /// Samples of each plan against a rendered set, under the feature network's name.
  @Test func evaluatesSamplesOfEachPlan() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let said = Said()
      let comparison = try compare(
        models,
        [
          "evaluation={weights: \(models.features), images: \(folder)/real, count: 10, "
            + "cache: \(folder)/cache, render: {perClass: 2, size: 8, seed: 1}}"
        ], observe: said.observer)
      let names = ["fid[tiny-features]", "precision[tiny-features]", "recall[tiny-features]"]
      for result in comparison.results {
        #expect(result.metrics?.keys.sorted() == names)
      }
      let distances = comparison.results.compactMap { $0.metrics?[names[0]] }
      #expect(distances.count == 3 && distances[0] != distances[1])
      #expect(comparison.results.allSatisfy { $0.standardErrors?.keys.sorted() == names })
      #expect(comparison.results.compactMap { $0.standardErrors?[names[0]] }.allSatisfy { $0 > 0 })
      #expect(said.contains("standard error over resampled samples"))
      let evaluation = try #require(comparison.evaluation)
      #expect(evaluation.count == 10)
      #expect(evaluation.reference?.count == 20)
      #expect(evaluation.extractor?.name == "tiny-features")
      #expect(said.contains("fewer than 10000"))
      // What is rendered are JPEGs, what is sampled has never been any.
      #expect(said.contains("formats differ: reference 20 jpeg, samples 10 memory"))
      #expect(said.contains("Metrics of 10 samples of each plan against 20 images"))
      // One plan's samples are not taken for another's.
      let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cache")
      #expect(files.count == 4)
    }
  }

  @Test(arguments: [
    ("refiners={}", "sampling.plans: expected plans without R, or refiners, found H1P1R1"),
    ("sampling.reference=H1R1", "sampling.reference: expected a plan without R, found H1R1"),
    (
      "sampling.labels=random",
      "sampling.labels: expected balanced or a list of classes, found random"
    ),
    (
      "sampling.variants={x: {plan: adaptive}}",
      "sampling.variants.x.adaptive.c: expected a number for plan 'adaptive', or a plan like "
        + "adaptive:8, which finds it, found none"
    ),
    (
      "sampling.variants={x: {times: cosine}}",
      "sampling.variants.x.plan: missing key; expected a plan like H4P3R2, [H1P1R1]x3 or heun:8"
    ),
    ("sampling.labels=0,1,0", "sampling.labels: expected each class once, found 0,1,0"),
    (
      "refiners.a/b={}",
      "refiners: expected names of up to 40 letters, digits, '-' and '_', found 'a/b'"
    ),
    (
      "refiners.shipped={optional: true}",
      "refiners.shipped.weights: missing key; expected text that is not empty"
    ),
  ])
  func mistakesAreNamed(_ override: String, _ message: String) throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let error = #expect(throws: InputError.self) { _ = try compare(models, [override]) }
      #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
    }
  }

  @Test func noneOfTheRefinersThere() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let error = #expect(throws: InputError.self) {
        _ = try compare(models, ["refiners.shipped={weights: no, optional: true}"])
      }
      #expect(error?.description.contains("train one with `train-refiner`") == true)
    }
  }
}
