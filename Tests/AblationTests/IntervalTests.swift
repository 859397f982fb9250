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
    #expect(TInterval(Array(repeating: 1, count: 300))?.halfWidth == 0)
  }

  /// R: qt(0.975, c(20, 21, 30, 99, 255, 65535)).
  @Test(arguments: [
    (20, 2.085963), (21, 2.079614), (30, 2.042272), (99, 1.984217), (255, 1.969312),
    (65535, 1.960000),
  ])
  func quantilesAreStudents(_ freedom: Int, _ quantile: Double) {
    #expect(abs(TInterval.quantile(freedom: freedom) - quantile) < 5e-5)
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
