import Foundation
import Testing

@testable import Evaluation

@Suite struct FeatureStatisticsTests {
  /// Mean and covariance in two passes around a value that all rows are near.
  private func exact(_ set: FeatureMatrix, around centre: Double) -> ([Double], [Double]) {
    let (n, d) = (set.rows, set.columns)
    let values = set.values.map { Double($0) - centre }
    let mean = (0..<d).map { j in
      (0..<n).reduce(0) { $0 + values[$1 * d + j] } / Double(n)
    }
    var covariance = [Double](repeating: 0, count: d * d)
    for i in 0..<d {
      for j in 0..<d {
        covariance[i * d + j] =
          (0..<n).reduce(0) {
            $0 + (values[$1 * d + i] - mean[i]) * (values[$1 * d + j] - mean[j])
          } / Double(n - 1)
      }
    }
    return (mean.map { $0 + centre }, covariance)
  }

  @Test func fourRowsByHand() throws {
    let moments = try Sets.moments(Sets.rows([[1, 10], [3, 10], [5, 14], [7, 14]]))
    #expect(moments.mean == [4, 12])
    // Divided by N − 1 = 3.
    #expect(largestError(moments.covariance, [20.0 / 3, 16.0 / 3, 16.0 / 3, 16.0 / 3]) < 1e-15)
    #expect(moments.count == 4)
  }

  @Test(arguments: [(0.0, 1.0, 1), (1e4, 1e-2, 700), (-3e6, 1.0, 513), (1e4, 1e-2, 1030)])
  func partsJoinToTwelveDigits(mean: Double, spread: Double, cut: Int) throws {
    let set = try Sets.normal(1400, 9, seed: 1, mean: mean, spread: spread)
    let whole = try Sets.moments(set)
    let (expectedMean, expected) = exact(set, around: mean)
    #expect(largestError(whole.covariance, expected) < 1e-12)
    #expect(largestError(whole.mean, expectedMean) < 1e-15)

    var first = try FeatureStatistics(dimensions: 9)
    try first.add(set.part(0..<cut))
    var second = try FeatureStatistics(dimensions: 9)
    try second.add(set.part(cut..<1400))
    try first.merge(second)
    let joined = try first.moments("joined")
    #expect(first.count == 1400)
    #expect(largestError(joined.covariance, whole.covariance) < 1e-12)
    #expect(largestError(joined.mean, whole.mean) < 1e-14)
  }

  @Test func farPartsJoin() throws {
    let (a, b) = (
      try Sets.normal(300, 4, seed: 1, mean: -1e3, spread: 1e-1),
      try Sets.normal(900, 4, seed: 2, mean: 1e3, spread: 10)
    )
    let both = try FeatureMatrix("both", rows: 1200, columns: 4, values: a.values + b.values)
    var statistics = try FeatureStatistics(dimensions: 4)
    try statistics.add(a)
    var other = try FeatureStatistics(dimensions: 4)
    try other.add(b)
    try statistics.merge(other)
    let moments = try statistics.moments("joined")
    #expect(largestError(moments.covariance, exact(both, around: 0).1) < 1e-12)
  }

  @Test func emptyPartsChangeNothing() throws {
    let set = try Sets.normal(50, 3, seed: 1, mean: 7)
    var statistics = try FeatureStatistics(dimensions: 3)
    try statistics.merge(FeatureStatistics(dimensions: 3))
    try statistics.add(set.part(0..<0))
    var other = try FeatureStatistics(dimensions: 3)
    try other.add(set)
    try statistics.merge(other)
    let before = try statistics.moments("set").covariance
    try statistics.merge(FeatureStatistics(dimensions: 3))
    let (after, whole) = (try statistics.moments("set"), try Sets.moments(set))
    #expect(after.covariance == before && after.count == 50)
    #expect(largestError(after.covariance, whole.covariance) < 1e-14)
    #expect(after.mean == whole.mean)
  }

  @Test(arguments: [1, 7, 511, 512, 513, 1100])
  func portionsDoNotMatter(size: Int) throws {
    let set = try Sets.normal(1100, 5, seed: 3, mean: 2)
    var whole = try FeatureStatistics(dimensions: 5)
    try whole.add(set)
    var portions = try FeatureStatistics(dimensions: 5)
    for first in stride(from: 0, to: set.rows, by: size) {
      try portions.add(set.part(first..<min(first + size, set.rows)))
    }
    #expect(portions.state == whole.state)
  }

  @Test func matricesWiderThanATile() throws {
    let set = try Sets.normal(20, 300, seed: 4)
    let (mean, covariance) = exact(set, around: 0)
    let moments = try Sets.moments(set)
    #expect(largestError(moments.covariance, covariance) < 1e-13)
    #expect(largestError(moments.mean, mean) < 1e-14)
  }

  @Test func meansInSinglePrecisionAddRowAfterRow() throws {
    // 2^24 + 1 has no place in float32, so the ones are lost one by one.
    let set = try Sets.rows([[0x1p24], [1], [1], [1]])
    #expect(try Sets.moments(set, means: .single).mean == [0x1p22])
    #expect(try Sets.moments(set).mean == [0x1p22 + 0.75])
    #expect(set.mean(.single) == [0x1p22])
    #expect(set.mean(.double) == [0x1p22 + 0.75])
  }

  @Test func storedStateGoesOn() throws {
    let set = try Sets.normal(600, 4, seed: 5, mean: 3)
    var first = try FeatureStatistics(dimensions: 4)
    try first.add(set.part(0..<512))
    let stored = try JSONEncoder().encode(first.state)
    var second = try FeatureStatistics(
      JSONDecoder().decode(FeatureStatistics.State.self, from: stored))
    try first.add(set.part(512..<600))
    try second.add(set.part(512..<600))
    #expect(second.state == first.state)
  }

  @Test func whatCannotBeIsAnError() throws {
    let one = try Sets.rows([[1, 2]], name: "lonely")
    expectInputError("lonely", "at least 2") { _ = try Sets.moments(one) }
    for dimensions in [0, -1, 1 << 20, .max] {
      expectInputError("dimensions") { _ = try FeatureStatistics(dimensions: dimensions) }
    }
    var statistics = try FeatureStatistics(dimensions: 3)
    expectInputError("lonely", "3 features") { try statistics.add(one) }
    expectInputError("3 dimensions") { try statistics.merge(FeatureStatistics(dimensions: 2)) }

    var state = statistics.state
    state.scatter.removeLast()
    expectInputError("3 dimensions") { _ = try FeatureStatistics(state) }
    state = statistics.state
    state.offset[1] = .nan
    expectInputError("finite") { _ = try FeatureStatistics(state) }
    state = statistics.state
    state.count = -1
    expectInputError("sums") { _ = try FeatureStatistics(state) }
  }

  @Test func featuresMustBeFiniteAndAsMany() throws {
    expectInputError("photos", "nan", "row 1, column 0") {
      _ = try Sets.rows([[1, 2], [.nan, 3]], name: "photos")
    }
    expectInputError("photos", "inf") { _ = try Sets.rows([[1, .infinity]], name: "photos") }
    for (rows, columns) in [(2, 2), (-1, -3), (.max, 2), (3, 0), (0, 0)] {
      expectInputError("photos") {
        _ = try FeatureMatrix("photos", rows: rows, columns: columns, values: [1, 2, 3])
      }
    }
    let set = try Sets.rows([[1], [2]])
    #expect(try set.selecting([1, 1, 0]).values == [2, 2, 1])
    expectInputError("rows 0..<2", "row 2") { _ = try set.selecting([0, 2]) }
    expectInputError("row -1") { _ = try set.selecting([-1]) }
  }
}
