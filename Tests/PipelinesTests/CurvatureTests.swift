import Configuration
import Diagnostics
import Foundation
import PipelinesTestSupport
import Sampling
import Synchronization
import TemporaryFolders
import Testing

@testable import Pipelines

@Suite struct CurvatureTests {
  private func configuration(_ models: TinyModels, _ overrides: [String] = []) throws
    -> CurvatureConfiguration
  {
    try ConfigurationFile(
      text: models.curvatureConfiguration(output: "\(models.folder)/out.h5"),
      name: "curvature.yaml", overrides: overrides
    ).decode(CurvatureConfiguration.self)
  }

  private func withModels(_ body: (TinyModels) throws -> Void) throws {
    try withTemporaryFolder { try body(TinyModels(in: $0)) }
  }

  @Test func everyPredictorIsLookedAtInBothForms() throws {
    try withModels { models in
      let events = Mutex<[PipelineEvent]>([])
      let results = try Curvature(
        configuration(models), observe: { event in events.withLock { $0.append(event) } }
      ).run()
      #expect(results.models.map(\.name) == ["velocity", "noise"])
      #expect(results.labels == [0, 1, 2, 0, 1])
      #expect(results.times.count == 25)
      let predictions = results.predictions.map { "\($0.model.name) \($0.form) \($0.isNative)" }
      #expect(
        predictions == [
          "velocity velocity true", "velocity epsilon false", "noise epsilon true",
          "noise velocity false",
        ])
      // 2/24 is the first time that is not before the noise field's earliest.
      #expect(abs(results.summaryTime - 2.0 / 24) < 1e-6)
      for prediction in results.predictions {
        #expect(prediction.samples.count == 5)
        let counts = prediction.samples.map { [$0.changes.count, $0.deviation.count] }
        #expect(counts == Array(repeating: [24, 25], count: 5))
        let summary = results.summary(prediction)
        #expect(summary.relativeChange > 0 && summary.cosine < 1 && summary.turning > 0)
      }
      // Networks with their own weights go their own ways.
      #expect(results.models[0].shapes != results.models[1].shapes)

      var titles: [String] = []
      var warnings: [String] = []
      for event in events.withLock({ $0 }) {
        if case .table(let title, let rows) = event { titles.append("\(title): \(rows.count)") }
        if case .warning(let text) = event { warnings.append(text) }
      }
      let sizes = titles.map { $0.suffix(3) }
      #expect(sizes == [": 5", ": 3"])
      #expect(
        warnings
          == ["predictor 'later' is left out: \(models.folder)/not-there.safetensors is not there"])
    }
  }

  @Test func theFileDependsOnNoBatches() throws {
    try withModels { models in
      let one = try Curvature(configuration(models), observe: { _ in }).run()
      let other = try Curvature(
        configuration(models, ["sampling.batch=5"]), observe: { _ in }
      ).run()
      for (a, b) in zip(one.predictions, other.predictions) {
        for (x, y) in zip(a.samples, b.samples) {
          for (c, d) in zip(x.changes, y.changes) {
            #expect(abs(c.relative - d.relative) < 1e-3 * max(1e-3, c.relative))
          }
        }
      }
      let seeds = try Curvature(configuration(models, ["seed=6"]), observe: { _ in }).run()
      #expect(seeds.models[0].shapes != one.models[0].shapes)
    }
  }

  @Test func aRunThatIsStoppedLeavesNoFile() throws {
    try withModels { models in
      let polls = Atomic<Int>(0)
      let curvature = try Curvature(configuration(models), observe: { _ in }) {
        polls.add(1, ordering: .relaxed).newValue > 40
      }
      #expect(throws: Stopped.self) { try curvature.run() }
      let left = try FileManager.default.contentsOfDirectory(atPath: models.folder)
        .filter { $0.hasPrefix("out.h5") }
      #expect(left.isEmpty)
    }
  }

  @Test(arguments: [
    ("predictors=null", "predictors"), ("output=x.txt", "a file ending in .h5"),
    ("sampling.plan=H1R1", "a plan without R"), ("sampling.plan=sde:4", "without random draws"),
    ("sampling.plan=adaptive:4", "whose times are known before"),
    ("sampling.labels=9", "classes from 0 to 2"),
    ("predictors.velocity.weights=nowhere", "the weights of a trained predictor"),
  ])
  func whatCannotBeFollowedIsRefused(override: String, message: String) throws {
    try withModels { models in
      do {
        try Curvature(configuration(models, [override]), observe: { _ in }).run()
        Issue.record("no error")
      } catch {
        #expect("\(error)".contains(message), "\(error)")
      }
    }
  }
}
