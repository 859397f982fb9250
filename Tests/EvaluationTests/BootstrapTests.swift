import Randomness
import Testing

@testable import Evaluation

@Suite struct BootstrapTests {
  @Test func weightsAreThoseOfTheRowsDrawn() throws {
    let set = try Sets.normal(700, 5, seed: 1, mean: 4)
    let centre = set.mean(.double).map { $0 + 0.1 }
    let resampling = try BootstrapDraws("set", rows: 700, seed: 9)
    let weighted = try FrechetBootstrap.moments(set, resampling.weights(3), around: centre)
    var stream = RandomStream(seed: 9, purpose: .bootstrap, index: 3)
    let drawn = try set.selecting((0..<700).map { _ in Int(stream.integer(below: 700)) })
    let plain = try Sets.moments(drawn)
    #expect(largestError(weighted.mean, plain.mean) < 1e-14)
    #expect(largestError(weighted.covariance, plain.covariance) < 1e-12)
    #expect(weighted.count == 700)
  }

  private func resampling(
    _ set: FeatureMatrix, count: Int = 60, strata: BootstrapStrata? = nil,
    confidence: Double = 0.95, seed: UInt64 = 0
  ) throws -> BootstrapDraws {
    try BootstrapDraws(
      set.name, rows: set.rows, strata: strata, count: count, confidence: confidence, seed: seed)
  }

  @Test func theIntervalLiesAboutTheDistance() throws {
    let reference = try Sets.moments(Sets.normal(2000, 6, seed: 1))
    let samples = try Sets.normal(150, 6, seed: 2, mean: 0.4)
    func bootstrap(_ set: FeatureMatrix, seed: UInt64) throws -> FrechetBootstrap {
      try FrechetBootstrap(
        reference: reference, samples: set, resampling(set, confidence: 0.9, seed: seed))
    }
    let first = try bootstrap(samples, seed: 5)
    let value = try FrechetDistance.between(reference, Sets.moments(samples)).value
    #expect(first.distance.value == value)
    #expect(first.spread.interval.contains(value))
    let values = first.spread.resampled
    #expect(values.count == 60 && values == values.sorted())
    // Rows that repeat make the distance larger.
    #expect(first.spread.bias > 0)
    let width = first.spread.interval.upperBound - first.spread.interval.lowerBound
    #expect((2...4.5).contains(width / first.spread.standardError))

    #expect(try bootstrap(samples, seed: 5).spread.resampled == values)
    #expect(try bootstrap(samples, seed: 6).spread.resampled != values)
    // Eight times as many samples: about a third of the spread.
    let more = try bootstrap(Sets.normal(1200, 6, seed: 2, mean: 0.4), seed: 5)
    #expect(more.spread.standardError < 0.6 * first.spread.standardError)
  }

  /// Two classes far apart: their shares move the distance unless they are kept.
  @Test func fixedSharesStayFixed() throws {
    let near = try Sets.normal(150, 4, seed: 1)
    let far = try Sets.normal(150, 4, seed: 2, mean: 30)
    let samples = try FeatureMatrix(
      "samples", rows: 300, columns: 4, values: near.values + far.values)
    let reference = try Sets.moments(samples)
    let labels = [Int32](repeating: 0, count: 150) + [Int32](repeating: 1, count: 150)
    let strata = try #require(BootstrapStrata(balanced: labels))
    #expect(strata.rows == [Array(0..<150), Array(150..<300)])
    func error(_ strata: BootstrapStrata?) throws -> Double {
      try FrechetBootstrap(
        reference: reference, samples: samples, resampling(samples, strata: strata)
      ).spread.standardError
    }
    let (free, kept) = (try error(nil), try error(strata))
    #expect(kept < 0.2 * free)

    #expect(BootstrapStrata(balanced: labels + [0, 0]) == nil)
    #expect(BootstrapStrata(balanced: labels + [1]) != nil)
    #expect(BootstrapStrata(balanced: [0, 1, 0, 1]) == nil)
    #expect(BootstrapStrata(balanced: labels.map { _ in 3 }) == nil)
    #expect(BootstrapStrata(balanced: []) == nil)
    expectInputError("a label for each of 150 rows") {
      _ = try resampling(near, strata: strata)
    }
    expectInputError("300 rows, as are resampled", "found 150") {
      _ = try FrechetBootstrap(
        reference: reference, samples: near, resampling(samples, strata: strata))
    }
  }

  @Test func quantilesAreNumPys() {
    #expect(BootstrapInterval.quantile([1, 2, 4], 0.5) == 2)
    #expect(BootstrapInterval.quantile([1, 2, 4], 0.75) == 3)
    #expect(BootstrapInterval.quantile([1, 2, 4], 0) == 1)
    #expect(BootstrapInterval.quantile([1, 2, 4], 1) == 4)
  }

  @Test func impossibleSettingsAreErrors() throws {
    let samples = try Sets.normal(10, 3, seed: 1)
    let reference = try Sets.moments(samples)
    for (resamples, confidence) in [
      (1, 0.95), (-5, 0.95), (10, 0), (10, 1), (10, .nan), (.max, 0.5),
    ] {
      expectInputError("bootstrap") {
        _ = try resampling(samples, count: resamples, confidence: confidence)
      }
    }
    expectInputError("1 row or more") { _ = try BootstrapDraws("set", rows: 0) }
    expectInputError("3 feature dimensions") {
      let narrow = try Sets.normal(10, 2, seed: 1)
      _ = try FrechetBootstrap(reference: reference, samples: narrow, resampling(narrow))
    }
  }

  // MARK: Other metrics, beside what their resamples give when they are computed whole

  @Test(arguments: [InceptionScoreProtocol.adm(chunk: 25), .fidelity(parts: 3, seed: 7)])
  func inceptionScoresAreThoseOfTheRowsDrawn(_ rule: InceptionScoreProtocol) throws {
    let logits = try Sets.normal(60, 5, seed: 3, spread: 2)
    func score(_ set: FeatureMatrix) throws -> Double {
      var sums = try InceptionScoreSums(rule, classes: 5, total: set.rows)
      try sums.add(set)
      return try sums.score().value
    }
    let resampling = try resampling(logits, count: 20, seed: 4)
    let value = try score(logits)
    let spread = try InceptionScore.bootstrap(logits, rule, around: value, resampling)
    let direct = try (0..<20).map { try score(logits.selecting(resampling.drawn($0))) }.sorted()
    #expect(largestError(spread.resampled, direct) < 1e-6)
    #expect(spread.interval.contains(value) && spread.standardError > 0)
  }

  @Test func kernelDistancesAreThoseOfTheRowsDrawn() throws {
    // More rows than a tile has.
    let reference = try Sets.normal(280, 4, seed: 1)
    let samples = try Sets.normal(300, 4, seed: 2, mean: 0.5)
    let resampling = try resampling(samples, count: 12, seed: 4)
    let spread = try KernelDistance.bootstrap(
      reference: reference, samples: samples, around: 7, resampling)
    let direct = try (0..<12).map {
      try KernelDistance.full(reference, samples.selecting(resampling.drawn($0)))
    }.sorted()
    let mean = direct.reduce(0, +) / 12
    #expect(largestError(spread.resampled.map { $0 - 7 }, direct.map { $0 - mean }) < 1e-9)
    #expect(abs(spread.bias) < 1e-12 && spread.interval.contains(7))
    expectInputError("300 rows, as are resampled") {
      _ = try KernelDistance.bootstrap(
        reference: samples, samples: reference, around: 0, resampling)
    }
  }

  @Test func sharesAreMeansOverTheRowsDrawn() throws {
    let reference = try Sets.normal(120, 3, seed: 1)
    let samples = try Sets.normal(150, 3, seed: 2, mean: 1)
    for metrics in try ManifoldMetrics.between(reference: reference, samples: samples) {
      let members = metrics.members
      for (value, rows, count) in [
        (metrics.precision, members.precision, 150), (metrics.density, members.density, 150),
        (metrics.recall, members.recall, 120), (metrics.coverage, members.coverage, 120),
      ] {
        #expect(rows.count == count)
        #expect(agree(rows.reduce(0, +) / Double(count), value, 1e-12))
      }
      let (share, rows) = (metrics.precision, members.precision)
      #expect((0.05..<0.95).contains(share))
      let resampling = try resampling(samples, count: 400)
      let spread = try BootstrapInterval(meanOf: rows, resampling)
      let direct = (0..<400).map { index in
        resampling.drawn(index).reduce(0) { $0 + rows[$1] } / 150
      }.sorted()
      #expect(spread.resampled == direct)
      // Of a share the binomial distribution knows the standard error.
      let expected = (share * (1 - share) / 150).squareRoot()
      #expect(abs(spread.standardError / expected - 1) < 0.15)
      #expect(spread.interval.lowerBound >= 0 && spread.interval.upperBound <= 1)
      #expect(spread.interval.lowerBound == BootstrapInterval.quantile(direct, 0.025))
    }
    expectInputError("150 values", "found 120") {
      _ = try BootstrapInterval(
        meanOf: [Double](repeating: 1, count: 120), resampling(samples))
    }
  }
}
