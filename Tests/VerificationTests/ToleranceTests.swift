import Foundation
import Testing

@testable import Verification

@Suite struct ToleranceTests {
  private func compare(
    _ actual: [Double], _ expected: [Double], _ tolerance: Tolerance, shape: [Int]? = nil
  ) -> CheckResult {
    CheckResult(
      "x", actual: ComputedTensor(shape: shape ?? [actual.count], values: actual),
      expected: ComputedTensor(expected), tolerance)
  }

  @Test func boundsEveryElement() {
    let tolerance = Tolerance(atol: 0.1, rtol: 0.01)
    let close = compare([1, 10.15], [1, 10], tolerance)
    #expect(close.passes)
    #expect(abs((close.worstShare ?? 0) - 0.75) < 1e-9)
    #expect(abs((close.largestError ?? 0) - 0.15) < 1e-9)
    #expect(abs((close.allowed ?? 0) - 0.2) < 1e-9)

    // The worst is not the one with the largest error.
    let far = compare([1.15, 100.9], [1, 100], tolerance)
    #expect(far.failure?.contains("[0]") == true)
    #expect(far.failure?.hasPrefix("1 of 2") == true)
    #expect(abs((far.largestError ?? 0) - 0.9) < 1e-9)
  }

  /// In bfloat16 the mean counts; what is not a number still never passes.
  @Test func boundsTheMean() {
    let tolerance = Tolerance(rtol: 1e-9).bfloat16(0.5)
    #expect(compare([1.6, 1, 1, 1], [1, 1, 1, 1], tolerance).passes)
    #expect(!compare([2.1, 1, 1, 1], [1, 1, 1, 1], tolerance).passes)
    #expect(!compare([.nan, 1, 1, 1], [1, 1, 1, 1], tolerance).passes)
    #expect(!compare([.infinity, 1, 1, 1], [1, 1, 1, 1], tolerance).passes)
  }

  @Test func withoutAnEntryValuesMustBeEqual() {
    #expect(compare([1, 2], [1, 2], .exact).passes)
    #expect(!compare([1, 2.0.nextUp], [1, 2], .exact).passes)
  }

  @Test(arguments: [0, 1]) func aNaNNeverPasses(index: Int) {
    var values = [1.0, 1.0]
    values[index] = .nan
    let loose = Tolerance(atol: 1e9)
    #expect(!compare(values, [1, 1], loose).passes)
    #expect(!compare([1, 1], values, loose).passes)
    #expect(!compare([.infinity, 1], [1, 1], loose).passes)
    #expect(!compare([1, 1], [.infinity, 1], Tolerance(atol: 1, rtol: 1)).passes)
    #expect(compare([.infinity, 1], [.infinity, 1], loose).passes)
  }

  @Test func ignoredRangesAreNotCompared() {
    var tolerance = Tolerance(atol: 0.1)
    tolerance.ignore = [1..<3]
    #expect(compare([1, 9, 9, 1], [1, 1, 1, 1], tolerance).passes)
    #expect(!compare([1, 9, 9, 9], [1, 1, 1, 1], tolerance).passes)
    #expect(!compare([9, 9, 9, 1], [1, 1, 1, 1], tolerance).passes)
  }

  @Test func theMeanHasABoundOfItsOwn() {
    var tolerance = Tolerance(atol: 8)
    tolerance.meanAbs = 1
    #expect(compare([4, 0, 0, 0], [0, 0, 0, 0], tolerance).passes)
    #expect(compare([5, 0, 0, 0], [0, 0, 0, 0], tolerance).failure?.contains("mean") == true)
  }

  @Test func shapesMustAgree() {
    #expect(!compare([1, 2], [1], .exact).passes)
    let square = ComputedTensor(shape: [2, 2], values: [1, 2, 3, 4])
    #expect(
      !CheckResult("x", actual: square, expected: ComputedTensor([1, 2, 3, 4]), .exact).passes)
    #expect(compare([1], [1], .exact, shape: []).passes)
  }

  private func decode(_ text: String) throws -> Tolerance {
    try JSONDecoder().decode(Tolerance.self, from: Data(text.utf8))
  }

  @Test func entriesHaveDefaults() throws {
    let plain = try decode(#"{"atol": 2, "err64": 1e-9, "max_abs": 3}"#)
    #expect(plain.atol == 2 && plain.rtol == 1e-5 && plain.meanAbs == nil && plain.ignore == [])
    let full = try decode(#"{"atol": 8, "rtol": 0, "mean_abs": 1, "ignore": [3, 5]}"#)
    #expect(full.rtol == 0 && full.meanAbs == 1 && full.ignore == [3..<5])
    #expect(try decode(#"{"ignore": [[3, 5], [7, 7]]}"#).ignore == [3..<5, 7..<7])
  }

  @Test(arguments: [
    #"{"atol": -1}"#, #"{"atol": "1"}"#, #"{"ignore": [5, 3]}"#, #"{"ignore": [-1, 3]}"#,
    #"{"ignore": [1, 2, 3]}"#, #"{"ignore": "all"}"#,
  ])
  func impossibleEntriesAreErrors(text: String) {
    #expect(throws: DecodingError.self) { try decode(text) }
  }
}
