import Randomness
import Testing

@testable import Evaluation

@Suite struct BootstrapTests {
  @Test func weightsAreThoseOfTheRowsDrawn() throws {
    let set = try Sets.normal(700, 5, seed: 1, mean: 4)
    let centre = set.mean(.double).map { $0 + 0.1 }
    let weighted = try FrechetBootstrap.moments(
      set, BootstrapStrata(count: 700), around: centre, seed: 9, index: 3)
    var stream = RandomStream(seed: 9, purpose: .bootstrap, index: 3)
    let drawn = try set.selecting((0..<700).map { _ in Int(stream.integer(below: 700)) })
    let plain = try Sets.moments(drawn)
    #expect(largestError(weighted.mean, plain.mean) < 1e-14)
    #expect(largestError(weighted.covariance, plain.covariance) < 1e-12)
    #expect(weighted.count == 700)
  }

  @Test func theIntervalLiesAboutTheDistance() throws {
    let reference = try Sets.moments(Sets.normal(2000, 6, seed: 1))
    let samples = try Sets.normal(150, 6, seed: 2, mean: 0.4)
    let bootstrap = try FrechetBootstrap(
      reference: reference, samples: samples, resamples: 60, confidence: 0.9, seed: 5)
    let value = try FrechetDistance.between(reference, Sets.moments(samples)).value
    #expect(bootstrap.distance.value == value)
    #expect(bootstrap.interval.contains(value))
    #expect(bootstrap.resampled.count == 60 && bootstrap.resampled == bootstrap.resampled.sorted())
    // Rows that repeat make the distance larger.
    #expect(bootstrap.bias > 0)
    let width = bootstrap.interval.upperBound - bootstrap.interval.lowerBound
    #expect((2...4.5).contains(width / bootstrap.standardError))

    let again = try FrechetBootstrap(
      reference: reference, samples: samples, resamples: 60, confidence: 0.9, seed: 5)
    #expect(again.resampled == bootstrap.resampled)
    let other = try FrechetBootstrap(
      reference: reference, samples: samples, resamples: 60, confidence: 0.9, seed: 6)
    #expect(other.resampled != bootstrap.resampled)
    // Eight times as many samples: about a third of the spread.
    let more = try FrechetBootstrap(
      reference: reference, samples: Sets.normal(1200, 6, seed: 2, mean: 0.4), resamples: 60)
    #expect(more.standardError < 0.6 * bootstrap.standardError)
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
        reference: reference, samples: samples, strata: strata, resamples: 60
      ).standardError
    }
    let (free, kept) = (try error(nil), try error(strata))
    #expect(kept < 0.2 * free)

    #expect(BootstrapStrata(balanced: labels + [0, 0]) == nil)
    #expect(BootstrapStrata(balanced: labels + [1]) != nil)
    #expect(BootstrapStrata(balanced: [0, 1, 0, 1]) == nil)
    #expect(BootstrapStrata(balanced: labels.map { _ in 3 }) == nil)
    #expect(BootstrapStrata(balanced: []) == nil)
    expectInputError("a label for each of 150 rows") {
      _ = try FrechetBootstrap(reference: reference, samples: near, strata: strata)
    }
  }

  @Test func quantilesAreNumPys() {
    #expect(FrechetBootstrap.quantile([1, 2, 4], 0.5) == 2)
    #expect(FrechetBootstrap.quantile([1, 2, 4], 0.75) == 3)
    #expect(FrechetBootstrap.quantile([1, 2, 4], 0) == 1)
    #expect(FrechetBootstrap.quantile([1, 2, 4], 1) == 4)
  }

  @Test func impossibleSettingsAreErrors() throws {
    let samples = try Sets.normal(10, 3, seed: 1)
    let reference = try Sets.moments(samples)
    for (resamples, confidence) in [
      (1, 0.95), (-5, 0.95), (10, 0), (10, 1), (10, .nan), (.max, 0.5),
    ] {
      expectInputError("bootstrap") {
        _ = try FrechetBootstrap(
          reference: reference, samples: samples, resamples: resamples, confidence: confidence)
      }
    }
    expectInputError("3 feature dimensions") {
      _ = try FrechetBootstrap(reference: reference, samples: Sets.normal(10, 2, seed: 1))
    }
  }
}
