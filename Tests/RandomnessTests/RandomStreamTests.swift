import Randomness
import Testing

@Suite struct RandomStreamTests {
  func stream(_ index: UInt64, purpose: DrawPurpose = .noise, seed: UInt64 = 7) -> RandomStream {
    RandomStream(seed: seed, purpose: purpose, index: index)
  }

  /// The first blocks in the layout that results depend on: counter (block, index, purpose).
  @Test func layoutOfCountersAndKeys() {
    var random = stream(0x1_0000_0002, purpose: .time, seed: 0x3_0000_0004)
    let words = (0..<8).map { _ in random.nextUInt32() }
    for block in 0..<2 {
      let expected = Philox.block(
        counter: .init(UInt32(block), 2, 1, DrawPurpose.time.rawValue), key: .init(4, 3))
      for word in 0..<4 { #expect(words[4 * block + word] == expected[word]) }
    }
  }

  @Test func orderOfBatchesDoesNotMatter() {
    func noise(_ index: UInt64) -> [Float] {
      var random = stream(index)
      return (0..<33).map { _ in random.normal() }
    }
    let forward = (0..<64).map { noise(UInt64($0)) }
    let backward = Array((0..<64).reversed().map { noise(UInt64($0)) }.reversed())
    #expect(forward == backward)
    #expect(Set(forward.map { $0[0] }).count == 64)
    var buffer = [Float](repeating: 0, count: 33)
    var random = stream(17)
    buffer.withUnsafeMutableBufferPointer { random.fillNormal($0) }
    #expect(buffer == forward[17])
  }

  @Test func purposesAndSeedsAreIndependent() {
    let firsts = DrawPurpose.allCases.map { purpose -> UInt32 in
      var random = stream(3, purpose: purpose)
      return random.nextUInt32()
    }
    #expect(Set(firsts).count == DrawPurpose.allCases.count)
    #expect(DrawPurpose.allCases.map(\.rawValue) == (1...15).map { UInt32($0) })
    var low = stream(0, seed: 1)
    var high = stream(0, seed: 1 << 32)
    #expect(low.nextUInt32() != high.nextUInt32())
  }

  @Test func uniformStatistics() {
    var random = stream(0)
    let values = (0..<100_000).map { _ in Double(random.uniform()) }
    #expect(values.allSatisfy { (0..<1).contains($0) })
    let mean = values.reduce(0, +) / 1e5
    // Five standard errors.
    #expect(abs(mean - 0.5) < 5 * 0.2887 / 316)
    // Adjacent draws are uncorrelated.
    let covariance = zip(values, values.dropFirst()).map { ($0 - 0.5) * ($1 - 0.5) }.reduce(0, +)
    #expect(abs(covariance / 1e5) < 5 * (1.0 / 12) / 316)
    for _ in 0..<1000 {
      let value = random.uniform(in: 0.999_999_9..<1)
      #expect((0.999_999_9..<1).contains(value))
    }
  }

  @Test func normalStatistics() {
    var random = stream(1)
    let values = (0..<100_000).map { _ in Double(random.normal()) }
    let moments = (1...4).map { power in
      values.map { value in (0..<power).reduce(1.0) { product, _ in product * value } }
        .reduce(0, +) / 1e5
    }
    // Means of x, x^2, x^3, x^4 are 0, 1, 0, 3; five standard errors each.
    for (moment, (expected, deviation)) in zip(
      moments, [(0.0, 1.0), (1, 1.4142), (0, 3.873), (3, 9.798)])
    {
      #expect(abs(moment - expected) < 5 * deviation / 316)
    }
  }

  @Test func integersAreUnbiased() {
    var random = stream(2)
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { counts[Int(random.integer(below: 6))] += 1 }
    // Chi square with 5 degrees of freedom is below 20.5 with probability 0.999.
    let chiSquare = counts.map { Double(($0 - 10_000) * ($0 - 10_000)) / 10_000 }.reduce(0, +)
    #expect(chiSquare < 20.5)
    #expect(random.integer(below: 1) == 0)
    // A bound just above 2^31 rejects almost half the draws.
    #expect((0..<1000).allSatisfy { _ in random.integer(below: 0x8000_0001) <= 0x8000_0000 })
  }

  @Test func permutations() {
    var random = stream(4, purpose: .shuffle)
    let order = random.permutation(1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
    #expect(random.permutation(0) == [] && random.permutation(1) == [0])
    // Every order of three is equally likely.
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6000 { counts[random.permutation(3), default: 0] += 1 }
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 150 })
  }
}
