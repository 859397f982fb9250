import Configuration
import Diagnostics
import Foundation
import Imaging
import PipelinesTestSupport
import Synchronization
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
      // Each number of evaluations and each budget with its plans, the most exact first.
      let table = ComparisonTable(comparison: comparison, reference: "heun:12")
      #expect(table.byEvaluations.prefix(2).map(\.evaluations) == [6, 7])
      let six = try #require(table.byEvaluations.first)
      #expect(Set(six.results.map(\.plan)) == ["sde:6", "unipc2:6", "dpm++2m:6"])
      #expect(six.results.map(\.latentRMSE) == six.results.map(\.latentRMSE).sorted())
      let budget = try #require(table.byTime.first)
      #expect(table.byTime.count == 1)
      #expect(budget.milliseconds == comparison.results[0].millisecondsPerImage)
      #expect(
        budget.results.allSatisfy { $0.millisecondsPerImage <= 1.05 * budget.milliseconds })
      let text = try String(contentsOfFile: "\(folder)/out/comparison.md", encoding: .utf8)
      #expect(Array(text.utf8) == table.markdown)
      for plan in comparison.results.map(\.plan) { #expect(text.contains("| `\(plan)` |")) }
      let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/out/comparison.h5"))
      #expect(file.prefix(8) == Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]))
      // Noise leads to other samples.
      #expect(comparison.results[1].latentRMSE > 0.05)
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
      #expect(comparison.results.allSatisfy { $0.standardErrors?.keys.sorted() == [names[0]] })
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
