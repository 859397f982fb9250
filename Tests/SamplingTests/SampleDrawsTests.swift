import Sampling
import TensorGraph
import Testing

@Suite struct SampleDrawsTests {
  @Test func noiseDependsOnTheIndexAlone() {
    let draws = SampleDraws(seed: 9, labels: .random, classes: 10)
    let whole = draws.noise(0..<6, shape: [2, 3]).array()
    #expect(draws.noise(4..<6, shape: [2, 3]).array() == Array(whole[24...]))
    #expect(Set(whole).count == 36)
    #expect(
      SampleDraws(seed: 8, labels: .random, classes: 10).noise(0..<6, shape: [2, 3]).array()
        != whole)
  }

  @Test func labelsFollowTheirPolicy() throws {
    func labels(_ policy: LabelPolicy, _ indices: Range<Int>) -> [Int32] {
      SampleDraws(seed: 2, labels: policy, classes: 3).labels(indices)
    }
    #expect(labels(.balanced, 1..<6) == [1, 2, 0, 1, 2])
    #expect(labels(.classes([2, 0]), 1..<5) == [0, 2, 0, 2])
    let random = labels(.random, 0..<300)
    #expect(Array(random[100...]) == labels(.random, 100..<300))
    for label in 0..<3 as Range<Int32> {
      #expect((60...140).contains(random.count { $0 == label }))
    }
  }
}
