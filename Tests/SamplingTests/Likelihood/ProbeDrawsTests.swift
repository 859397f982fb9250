import TensorGraph
import Testing

@testable import Sampling

@Suite struct ProbeDrawsTests {
  private func vectors(
    _ trace: TraceEstimator, _ indices: [Int], seed: UInt64 = 5, _ shape: Shape = [2, 3]
  ) -> [[Float]] {
    let tensor = ProbeDraws(seed: seed).vectors(trace, indices, shape: shape)
    let length = shape.elementCount
    let values = tensor.array()
    return stride(from: 0, to: values.count, by: length).map { Array(values[$0..<$0 + length]) }
  }

  @Test(arguments: ProbeDistribution.allCases)
  func drawsDependOnSeedAndSampleAlone(distribution: ProbeDistribution) {
    let trace = TraceEstimator.hutchinson(distribution, probes: 2)
    // (n, K, …): both probes of samples 4 and 9.
    let both = vectors(trace, [4, 9])
    #expect(both.count == 4 && Set(both).count == 4)
    #expect(vectors(trace, [9]) == [both[2], both[3]])
    #expect(vectors(.hutchinson(distribution, probes: 1), [9, 4]) == [both[2], both[0]])
    #expect(vectors(trace, [4], seed: 6) != [both[0], both[1]])
  }

  @Test func signsAreFair() {
    let signs = vectors(.hutchinson(.rademacher, probes: 1), Array(0..<100), [1, 100])
      .flatMap { $0 }
    #expect(signs.allSatisfy { abs($0) == 1 })
    #expect(abs(signs.reduce(0, +)) < 400, "four standard deviations of 10 000 signs")
  }

  @Test func normalProbesHaveVarianceOne() {
    let values = vectors(.hutchinson(.gaussian, probes: 1), Array(0..<100), [1, 100])
      .flatMap { $0 }
    let square = values.reduce(0) { $0 + Double($1) * Double($1) } / 10_000
    #expect(abs(square - 1) < 0.06 && Set(values).count > 9000)
  }

  @Test func exactTracesTakeUnitVectors() {
    let found = vectors(.exact, [3, 8], [2])
    #expect(found == [[1, 0], [0, 1], [1, 0], [0, 1]])
  }
}
