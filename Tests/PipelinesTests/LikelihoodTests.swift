import Configuration
import Diagnostics
import Foundation
import PipelinesTestSupport
import ReferenceExecutor
import Sampling
import Storage
import Synchronization
import TemporaryFolders
import TensorGraph
import Testing
import Training

@testable import Pipelines

/// Tiny networks and a file of nine latents, three of each class.
private struct Setting {
  let models: TinyModels

  static func with(_ body: (Setting) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let setting = Setting(models: try TinyModels(in: folder))
      try writeImages(to: "\(folder)/images", count: 3)
      try body(setting)
    }
  }

  func configuration(_ name: String, _ overrides: [String]) throws -> LikelihoodConfiguration {
    let folder = models.folder
    let text = """
      output: \(folder)/\(name)
      seed: 5
      predictor: {weights: \(models.predictor)}
      data:
        latents: \(folder)/latents.h5
        encode: {images: \(folder)/images, size: 8, vae: {weights: \(models.vae)}, batch: 2}
      likelihood: {plan: heun:3, batch: 4}
      """
    return try ConfigurationFile(text: text, name: "likelihood.yaml", overrides: overrides)
      .decode(LikelihoodConfiguration.self)
  }

  func pipeline(
    _ name: String, _ overrides: [String] = [], said: Said = Said(), stopAfter polls: Int = .max
  ) throws -> Likelihood {
    let polled = Atomic<Int>(0)
    return Likelihood(try configuration(name, overrides), observe: said.observer) {
      polled.add(1, ordering: .relaxed).newValue > polls
    }
  }

  func rows(_ name: String, _ overrides: [String] = []) throws -> [LikelihoodRow] {
    try pipeline(name, overrides).results(resume: false).rows
  }

  func results(_ name: String, _ overrides: [String] = []) throws -> LikelihoodReport {
    try pipeline(name, overrides).run(resume: false)
  }
}

@Suite struct LikelihoodTests {
  /// −log₂ q of a scaled latent under its posterior, per dimension.
  private func negativeLogPosterior(_ file: LatentsFile, _ index: Int, _ latent: [Float]) throws
    -> Double
  {
    let (mean, logVariance) = (
      HostTensor(shape: file.sampleShape), HostTensor(shape: file.sampleShape)
    )
    try file.read(
      index: index, flip: false, mean: mean.floats, logVariance: logVariance.floats)
    let (means, logs, scale) = (mean.array(), logVariance.array(), Double(file.scale))
    var sum = 0.0
    for i in latent.indices {
      let deviation = exp(Double(logs[i]) / 2) * scale
      let z = (Double(latent[i]) - Double(means[i]) * scale) / deviation
      sum += 0.5 * (z * z + log(2 * .pi)) + log(deviation)
    }
    return sum / Double(latent.count) / log(2)
  }

  /// Every number against the estimator alone, with another executor and one sample at a time.
  @Test func numbersAreThoseOfTheEstimator() throws {
    try Setting.with { setting in
      let said = Said()
      let (report, rows) = try setting.pipeline("a", ["likelihood.probes=2"], said: said)
        .results(resume: false)
      #expect(
        try contents(of: "\(setting.models.folder)/a").keys.sorted() == [
          "configuration.yaml", "likelihood.h5", "likelihood.json",
        ])
      #expect(rows.map(\.index) == Array(0..<9))
      #expect(rows.map(\.label) == [0, 0, 0, 1, 1, 1, 2, 2, 2])
      #expect(rows.map(\.condition) == rows.map(\.label))
      #expect(rows.allSatisfy { $0.evaluations == 6 })
      #expect(Set(rows.map(\.bits)).count == 9)

      let configuration = try setting.configuration("a", ["likelihood.probes=2"])
      let predictor = try configuration.predictor.loadPredictor { _ in }
      let estimator = try LikelihoodEstimator(
        executor: ReferenceExecutor<Float>(),
        field: VelocityField(
          predictor: predictor.model, refiner: nil, guidance: Guidance(scale: 1, nullClass: 3)),
        weights: predictor.weights, latentShape: Shape(TinyModels.latentShape),
        options: configuration.likelihood.options)
      let file = try LatentsFile(path: "\(setting.models.folder)/latents.h5")
      let latents = PosteriorLatents(file: file, choice: .sample, seed: 5)
      for row in rows {
        let alone = try estimator(
          latents([row.index]), labels: [row.label], probes: ProbeDraws(seed: 5),
          indices: [row.index])[0]
        #expect(abs(alone.bitsPerDimension - row.bits) < 1e-4)
        #expect(abs(alone.priorBits - row.prior) < 1e-4)
        let error = try #require(alone.errorBits)
        #expect(abs(error - (row.error ?? .nan)) < 1e-4)
      }

      let own = try #require(report.results.first)
      #expect(report.results.count == 1 && own.name == "own class" && report.complete)
      let mean = rows.reduce(0) { $0 + $1.bits } / 9
      let variance = rows.reduce(0) { $0 + ($1.bits - mean) * ($1.bits - mean) } / 8
      #expect(abs(own.bitsPerDimension.mean - mean) < 1e-12)
      let error = try #require(own.bitsPerDimension.standardError)
      #expect(abs(error - (variance / 9).squareRoot()) < 1e-12)
      let scale = file.description.scalingFactor
      #expect(abs(own.unscaledBitsPerDimension.mean - (mean - log2(scale))) < 1e-12)
      let parts = try #require(own.prior).mean + (try #require(own.divergence)).mean
      #expect(abs(parts - mean) < 1e-12)
      // Over many draws, the mean of −log₂ q is the posterior's entropy.
      var entropy = 0.0
      for seed in UInt64(0)..<200 {
        let draws = PosteriorLatents(file: file, choice: .sample, seed: seed)
        entropy += try negativeLogPosterior(file, 4, draws([4]).array()) / 200
      }
      #expect(abs(entropy - rows[4].entropy) < 0.05, "\(entropy) for \(rows[4].entropy)")
      let rate = rows.reduce(0) { $0 + $1.bits - $1.entropy } / 9
      #expect(abs(try #require(own.rate).mean - rate) < 1e-12)
      let probes = rows.reduce(0) { $0 + pow($1.error ?? .nan, 2) }.squareRoot() / 9
      #expect(abs(try #require(own.probeError) - probes) < 1e-12)
      #expect((report.count, report.dimensions, report.probes) == (9, 64, 2))
      #expect(report.evaluations == 6 && report.warnings.isEmpty)
      #expect(said.contains("9 latents of 64 dimensions, heun:3, 6 evaluations"))
    }
  }

  @Test func everyClassIsTried() throws {
    try Setting.with { setting in
      let (report, rows) = try setting.pipeline("every", ["likelihood.classes=every"])
        .results(resume: false)
      #expect(rows.count == 27 && rows.map(\.condition) == (0..<27).map { Int32($0 % 3) })
      let own = try setting.rows("own")
      let chosen = rows.filter { $0.condition == $0.label }
      #expect(zip(chosen, own).allSatisfy { abs($0.bits - $1.bits) < 1e-4 })

      #expect(
        report.results.map(\.name) == ["own class", "other classes", "mixture of all classes"])
      let means = report.results.map(\.bitsPerDimension.mean)
      let margin = try #require(report.margin)
      #expect(abs(margin.mean - (means[1] - means[0])) < 1e-12)
      // Sample by sample.
      var (mixtures, right): ([Double], Int) = ([], 0)
      for index in 0..<9 {
        let bits = rows[3 * index..<3 * index + 3].map(\.bits)
        mixtures.append(-log2(bits.map { exp2(-64 * $0) }.reduce(0, +) / 3) / 64)
        right += bits.min() == bits[Int(rows[3 * index].label)] ? 1 : 0
      }
      #expect(abs(mixtures.reduce(0, +) / 9 - means[2]) < 1e-9)
      #expect(report.accuracy == Double(right) / 9)
      #expect(report.results[2].prior == nil)
    }
  }

  @Test func choicesChangeWhatTheySay() throws {
    try Setting.with { setting in
      let own = try setting.rows("own")
      let null = try setting.rows("null", ["likelihood.classes=unconditional"])
      #expect(null.allSatisfy { $0.condition == 3 })
      #expect(zip(own, null).allSatisfy { abs($0.bits - $1.bits) > 1e-6 })

      let mean = try setting.results("mean", ["likelihood.latents=mean"])
      #expect(mean.latents.taken == "mean" && mean.warnings.count == 1)
      #expect(mean.results[0].rate == nil)
      #expect(mean.warnings[0].hasPrefix("latents: mean"))
      let guided = try setting.results("guided", ["likelihood.guidance=1.5"])
      #expect(guided.warnings == ["guidance 1.5: the density of the guided flow, not the model's"])
      let other = try setting.results("seed", ["seed=6"])
      let plain = try setting.results("own")
      let values = [mean, guided, other, plain].map { $0.results[0].bitsPerDimension.mean }
      #expect(Set(values).count == 4)

      let exact = try setting.rows("exact", ["likelihood.trace=exact"])
      #expect(exact.allSatisfy { $0.error == 0 })
      #expect(zip(own, exact).allSatisfy { abs($0.prior - $1.prior) < 1e-4 })
      let many = try setting.rows("many", ["likelihood.probes=16"])
      #expect(
        zip(many, exact).allSatisfy {
          abs($0.divergence - $1.divergence) < 6 * ($0.error ?? .nan)
        })

      let adaptive = try setting.rows("adaptive", ["likelihood.plan=dopri5"])
      #expect(adaptive.allSatisfy { $0.evaluations >= 8 && $0.evaluations < 500 })
    }
  }

  /// Batches of four, the last one short; and only some of the samples, some of each class.
  @Test func batchesAndPartsChangeNothing() throws {
    try Setting.with { setting in
      let rows = try setting.rows("four")
      for batch in [1, 9] {
        let others = try setting.rows("\(batch)", ["likelihood.batch=\(batch)"])
        #expect(zip(rows, others).allSatisfy { abs($0.bits - $1.bits) < 1e-4 })
      }
      let some = try setting.rows("some", ["likelihood.count=3"])
      #expect(some.map(\.index) == [0, 3, 6])
      #expect(zip(some, [rows[0], rows[3], rows[6]]).allSatisfy { abs($0.bits - $1.bits) < 1e-4 })
    }
  }

  /// Three batches of three steps; a stop is asked for before each batch and each step. Files
  /// name their folder, so that both runs have it in turn.
  @Test(arguments: [0, 1, 4, 6, 9])
  func stoppedAndResumedRunsAreEqual(polls: Int) throws {
    try Setting.with { setting in
      let folder = "\(setting.models.folder)/a"
      try setting.pipeline("a").run(resume: false)
      let whole = try contents(of: folder)
      try FileManager.default.removeItem(atPath: folder)

      let stopped = #expect(throws: Stopped.self) {
        try setting.pipeline("a", stopAfter: polls).run(resume: false)
      }
      let done = polls / 4 * 4
      #expect(stopped?.exitCode == .stoppedResumable)
      #expect(
        stopped?.description
          == "stopped after \(done) of 9 likelihoods: repeat the command with --resume")
      #expect(try LikelihoodReport.read(in: folder)?.complete == false)
      let parts = try contents(of: folder).keys.filter { $0.hasPrefix("parts/0") }
      #expect(parts.count == done / 4)
      // A damaged part is computed again.
      if let part = parts.first {
        try Data("[]".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(part)"))
      }
      try setting.pipeline("a").run(resume: true)
      #expect(try contents(of: folder) == whole)
      let said = Said()
      let again = try setting.pipeline("a", said: said).run(resume: true)
      #expect(said.contains("complete already, 9 samples") && again.complete)
    }
  }

  @Test func foldersAreNotMixed() throws {
    try Setting.with { setting in
      try setting.pipeline("a").run(resume: false)
      for change in ["seed=6", "likelihood.plan=heun:4", "likelihood.latents=mean"] {
        let error = #expect(throws: InputError.self) {
          try setting.pipeline("a", [change]).run(resume: true)
        }
        #expect(error?.description.contains("belongs to another configuration") == true)
      }
    }
  }

  @Test func whatCannotBeIsRefused() throws {
    try Setting.with { setting in
      for (change, problem) in [
        ("likelihood.plan=H4", "plan: expected one of euler:N"),
        ("likelihood.plan=sde:4", "plan: expected one of euler:N"),
        ("likelihood.probes=65", "probes"), ("likelihood.trace=hutchinson", "trace"),
        ("likelihood.classes=all", "classes"), ("likelihood.prob=2", "prob"),
      ] {
        let error = #expect(throws: InputError.self) { try setting.configuration("a", [change]) }
        #expect(error?.description.contains(problem) == true, "\(error.map { "\($0)" } ?? "")")
      }
      let both = #expect(throws: InputError.self) {
        try setting.configuration("a", ["likelihood.trace=exact", "likelihood.probes=2"])
      }
      #expect(both?.description.contains("probes: expected 1 beside trace: exact") == true)
      let many = #expect(throws: InputError.self) {
        try setting.results("a", ["likelihood.count=10"])
      }
      #expect(many?.description.contains("expected at most 9") == true)
      let missing = #expect(throws: InputError.self) {
        try setting.results("a", ["data.latents=nowhere.h5", "data.encode=null"])
      }
      #expect(missing?.description.contains("make it with 'flowturbo encode'") == true)
    }
  }

  @Test func whatIsNotFiniteEndsTheRun() throws {
    try withTemporaryFolder { folder in
      let setting = Setting(models: try TinyModels(in: folder, predictorScale: 1e12))
      try writeImages(to: "\(folder)/images", count: 1)
      let error = #expect(throws: NonFiniteLikelihood.self) { try setting.results("a") }
      #expect(error?.exitCode == .checkFailed)
      #expect(error?.description.contains("sample 0 under class 0") == true)
    }
  }

  /// Latents that are there, and such as would have to be made first.
  @Test func dryRunsMakeNothing() throws {
    try Setting.with { setting in
      let said = Said()
      try setting.pipeline("a", said: said).dryRun()
      #expect(said.contains("would first encode 9 images"))
      #expect(said.contains("Nothing was run"))
      for name in ["a", "latents.h5"] {
        #expect(!FileManager.default.fileExists(atPath: "\(setting.models.folder)/\(name)"))
      }
      try setting.pipeline("b").run(resume: false)
      let again = Said()
      try setting.pipeline("a", ["likelihood.plan=dopri5"], said: again).dryRun()
      #expect(!again.contains("would first encode") && again.contains("Nothing was run"))
    }
  }
}
