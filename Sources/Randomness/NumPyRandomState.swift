/// NumPy's legacy generator `numpy.random.RandomState(seed)`, as far as published protocols
/// draw from it: the order in which torch-fidelity shuffles rows and picks KID's subsets is
/// part of its numbers. New draws use ``RandomStream``.
///
/// Sources: Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed
/// uniform pseudorandom number generator", ACM TOMACS 8(1), 1998; NumPy, `mt19937.c`,
/// `distributions.c` (`random_interval`) and `mtrand.pyx` (`shuffle`, `choice`), whose streams
/// NumPy's NEP 19 has frozen.
public struct NumPyRandomState: Sendable {
  private static let length = 624
  private static let middle = 397

  private var state: [UInt32]
  private var position = length

  public init(seed: UInt32) {
    state = [UInt32](repeating: 0, count: Self.length)
    var word = seed
    for i in 0..<Self.length {
      state[i] = word
      word = 1_812_433_253 &* (word ^ word >> 30) &+ UInt32(i + 1)
    }
  }

  public mutating func nextUInt32() -> UInt32 {
    if position == Self.length { twist() }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  /// Uniform in 0...limit: bits under the smallest mask that holds `limit`, drawn again while
  /// they exceed it. Nothing is drawn for 0.
  public mutating func integer(through limit: UInt32) -> UInt32 {
    guard limit > 0 else { return 0 }
    let mask = UInt32.max >> UInt32(limit.leadingZeroBitCount)
    while true {
      let value = nextUInt32() & mask
      if value <= limit { return value }
    }
  }

  /// `permutation(count)`: 0..<count in shuffled order. `count` is below 2^32.
  public mutating func permutation(_ count: Int) -> [Int] {
    precondition(count >= 0 && count <= Int(UInt32.max), "a count below 2^32")
    var order = Array(0..<count)
    guard count > 1 else { return order }
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, Int(integer(through: UInt32(i))))
    }
    return order
  }

  /// `choice(count, size, replace=False)`: the beginning of a permutation of all.
  /// `size` is from 0 to `count`.
  public mutating func choice(_ count: Int, size: Int) -> [Int] {
    precondition(0 <= size && size <= count, "no more than there are")
    return Array(permutation(count).prefix(size))
  }

  private mutating func twist() {
    func mixed(_ high: UInt32, _ low: UInt32) -> UInt32 {
      let joined = high & 0x8000_0000 | low & 0x7FFF_FFFF
      return joined >> 1 ^ (joined & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    for i in 0..<Self.length {
      state[i] =
        state[(i + Self.middle) % Self.length] ^ mixed(state[i], state[(i + 1) % Self.length])
    }
    position = 0
  }
}
