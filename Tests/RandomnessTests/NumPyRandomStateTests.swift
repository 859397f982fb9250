import Randomness
import Testing

/// Against the generator's published outputs and NumPy 2.4.
@Suite struct NumPyRandomStateTests {
  /// ISO C++ 2011, [rand.predef]: the 10 000th output of the default seed is 4123659995.
  @Test func outputsAreTheStandards() {
    var random = NumPyRandomState(seed: 5489)
    #expect(random.nextUInt32() == 3_499_211_612)
    for _ in 0..<9998 { _ = random.nextUInt32() }
    #expect(random.nextUInt32() == 4_123_659_995)
  }

  @Test func sequencesAreNumPys() {
    var random = NumPyRandomState(seed: 2020)
    #expect(random.permutation(10) == [2, 4, 9, 1, 5, 7, 6, 3, 8, 0])
    #expect(random.choice(20, size: 5) == [19, 12, 14, 1, 17])
    // Nothing is drawn for these.
    #expect(random.permutation(1) == [0] && random.permutation(0) == [])
    #expect(random.nextUInt32() == 2_065_549_637)
    random = NumPyRandomState(seed: 0)
    #expect(
      (0..<3).map { _ in random.nextUInt32() } == [2_357_136_044, 2_546_248_239, 3_071_714_933])
    random = NumPyRandomState(seed: .max)
    #expect(random.permutation(7) == [1, 5, 0, 6, 4, 2, 3])
  }

  @Test func integersStayWithinTheirLimit() {
    var random = NumPyRandomState(seed: 1)
    for limit in [0, 1, 5, 127, 128] as [UInt32] {
      let drawn = (0..<500).map { _ in random.integer(through: limit) }
      #expect(drawn.max() == limit && drawn.min() == 0)
    }
  }
}
