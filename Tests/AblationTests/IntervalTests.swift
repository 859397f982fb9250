import Testing

@testable import Ablation

@Suite struct IntervalTests {
  /// R: t.test(c(1, 2, 4))$conf.int is -1.461 … 6.128.
  @Test func studentsIntervalIsThatOfR() throws {
    let interval = try #require(TInterval([1, 2, 4]))
    #expect(abs(interval.mean - 7.0 / 3) < 1e-12)
    #expect(abs(interval.lower + 1.4612) < 1e-3)
    #expect(abs(interval.upper - 6.1279) < 1e-3)
    // t.test(c(0, 1)): 0.5 ± 6.3531.
    let two = try #require(TInterval([0, 1]))
    #expect(abs(two.halfWidth - 6.3531) < 1e-3)
    #expect(TInterval([1]) == nil)
    #expect(TInterval([1, .nan]) == nil)
    #expect(TInterval(Array(repeating: 1, count: TInterval.maximumCount))?.halfWidth == 0)
    #expect(TInterval(Array(repeating: 1, count: TInterval.maximumCount + 1)) == nil)
  }

  @Test func quartilesLieBetweenValues() throws {
    let spread = try #require(Spread([4, 1, 3, 2]))
    #expect(spread == Spread([1, 2, 3, 4]))
    #expect((spread.lower, spread.median, spread.upper) == (1.75, 2.5, 3.25))
    #expect(Spread([7])?.upper == 7)
    #expect(Spread([]) == nil)
    #expect(Spread([1, .infinity]) == nil)
  }
}
