import Storage
import Testing

@testable import Reports

@Suite struct MeasureTests {
  private func measure(
    _ name: String, _ values: [Double], _ low: [Double] = [], _ high: [Double] = []
  ) -> Measure {
    Measure(name: name, unit: "", description: "", values: values, lower: low, upper: high)
  }

  @Test func directionsAreKnownByName() {
    for name in [
      "fid", "fid[solids-features]", "sfid", "kid[x]", "time_latency", "latent_rmse",
      "rmse", "memory_measured",
    ] { #expect(Direction(of: name) == .lower, "\(name)") }
    for name in ["precision[a]", "recall", "is", "time_throughput", "time_acceleration"] {
      #expect(Direction(of: name) == .higher, "\(name)")
    }
    for name in ["oddity", "predictor_evaluations", "seeds", "", "[fid]"] {
      #expect(Direction(of: name) == nil, "\(name)")
    }
  }

  @Test func theBestIsMarked() {
    func best(_ measure: Measure) -> [Bool] { measure.tableCells().map(\.isBest) }
    #expect(best(measure("fid", [2, .nan, 1, 1])) == [false, false, true, true])
    #expect(best(measure("recall", [0.1, 0.3, 0.2])) == [false, true, false])
    // Values that read alike are marked alike.
    let alike = measure("fid", [1.851, 1.849, 2.5], [1.5, 1.5, 2], [2.3, 2.3, 3])
    #expect(best(alike) == [true, true, false])
    // Alone, all alike, or of a measure that nobody knows, nothing is best.
    #expect(best(measure("fid", [1, .nan])) == [false, false])
    #expect(best(measure("memory_predicted", [1, 1])) == [false, false])
    #expect(best(measure("oddity", [1, 2])) == [false, false])
    #expect(alike.tableCells(signed: true).map(\.isBest) == [false, false, false])
  }

  @Test func decimalsFollowTheIntervals() {
    #expect(NumberText.decimals(of: measure("a", [1.5, 2], [1.4, 1.7], [1.6, 2.3])) == 2)
    #expect(NumberText.decimals(of: measure("a", [1.5, 2], [1.0, 1.5], [2.0, 2.5])) == 1)
    #expect(NumberText.decimals(of: measure("a", [1500, 2000], [1400, 1000], [1600, 3000])) == 0)
    // One that has no length does not count.
    #expect(NumberText.decimals(of: measure("a", [0, 2], [0, 1.5], [0, 2.5])) == 1)
    #expect(NumberText.decimals(of: measure("a", [16, 11])) == 0)
    #expect(NumberText.decimals(of: measure("a", [22.25, .nan])) == 2)
    #expect(NumberText.decimals(of: measure("a", [.nan])) == 0)
  }

  @Test func numbersReadWell() {
    #expect(NumberText.rounded(-0.001, decimals: 2) == "0.00")
    #expect(NumberText.rounded(-1.5, decimals: 1) == "−1.5")
    #expect(NumberText.rounded(.infinity, decimals: 1) == "∞")
    #expect(NumberText.rounded(3.5e9, decimals: 1) == "3.500e+09")
    #expect(NumberText.plain(0.1) == "0.1")
    #expect(NumberText.plain(-3) == "-3")
    #expect(NumberText.plain(.nan) == "")
    #expect(NumberText.plain(1e300) == "1e+300")
  }

  /// Ends that are missing, not numbers or exchanged are no interval.
  @Test func intervalsAreWholeOrNone() {
    #expect(measure("a", [1], [0.5], [2]).interval(0) == 0.5...2)
    #expect(measure("a", [1], [.nan], [2]).interval(0) == nil)
    #expect(measure("a", [1], [3], [2]).interval(0) == nil)
    #expect(measure("a", [1]).interval(0) == nil)
  }
}
