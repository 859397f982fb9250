import Foundation
import Testing

@testable import Sampling

@Suite struct PredictionChangeTests {
  private func change(_ p: [Float], _ q: [Float]) -> PredictionChange {
    p.withUnsafeBufferPointer { p in q.withUnsafeBufferPointer { PredictionChange(p, $0) } }
  }

  @Test func equalPredictionsDoNotChange() {
    let same = change([0.1, -3, 7], [0.1, -3, 7])
    #expect((same.relative, same.angle) == (0, 0))
    #expect(abs(same.cosine - 1) < 1e-12)
    #expect(same.norm == same.nextNorm)
    #expect(same.curvature(duration: 0.1) == 0)
  }

  @Test func theSizeIsARootMeanSquare() {
    let change = change([3, 4], [6, 8])
    #expect(abs(change.norm - 12.5.squareRoot()) < 1e-12)
    #expect(abs(change.nextNorm - 50.0.squareRoot()) < 1e-12)
    // Twice as fast in the same direction: a change, but no turn.
    #expect(abs(change.relative - 1) < 1e-12)
    #expect(abs(change.cosine - 1) < 1e-12)
    #expect(change.angle < 1e-7)
  }

  @Test(arguments: [1e-4, 0.3, 1.5, 3.0]) func anglesAreExact(angle: Double) {
    // Whole numbers of float32, so that the directions are as exact as the arithmetic.
    let (p, q): ([Float], [Float]) = (
      [1000, 0], [Float(700 * cos(angle)), Float(700 * sin(angle))]
    )
    let found = change(p, q)
    let exact = atan2(Double(q[1]), Double(q[0]))
    #expect(abs(found.angle - exact) < 1e-9)
    #expect(abs(found.cosine - cos(exact)) < 1e-12)
  }

  @Test func oppositePredictionsTurnByHalfACircle() {
    let change = change([1, 2], [-2, -4])
    #expect(abs(change.angle - .pi) < 1e-6)
    #expect(abs(change.cosine + 1) < 1e-12)
    #expect(abs(change.relative - 3) < 1e-12)
  }

  @Test func whatIsZeroHasNoDirection() {
    let change = change([0, 0], [1, 0])
    #expect(change.relative.isNaN && change.cosine.isNaN && change.angle.isNaN)
  }

  @Test func integralsAreTrapezoids() {
    #expect(abs(Straightness.integral([1, 3, 3], times: [0, 0.5, 1]) - 2.5) < 1e-12)
    #expect(Straightness.integral([1], times: [0]) == 0)
  }

  @Test func statisticsAreNumPys() {
    let statistics = SampleStatistics([3, 1, 10, .nan, 2, 4])
    let expected = [4, 1.2, 2, 3, 4, 8.8]
    #expect(statistics.values.count == 6)
    for (found, expected) in zip(statistics.values, expected) {
      #expect(abs(found - expected) < 1e-12)
    }
    #expect(statistics.median == 3)
    #expect(SampleStatistics.names == ["mean", "q05", "q25", "q50", "q75", "q95"])
    let empty = SampleStatistics([.nan]).values.filter(\.isNaN)
    #expect(empty.count == 6)
    #expect(SampleStatistics([7]).values == Array(repeating: 7, count: 6))
  }
}
