/// Philox-4x32-10, a counter-based generator: every output is a pure function
/// of (key, counter), so draws need no state that a resumed run could lose.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011, section 4.3.
public enum Philox {
  public typealias Counter = SIMD4<UInt32>
  public typealias Key = SIMD2<UInt32>

  /// Four independent 32-bit words for one counter value.
  @inlinable
  public static func block(counter: Counter, key: Key) -> Counter {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let p0 = UInt64(c[0]) &* 0xD251_1F53
      let p1 = UInt64(c[2]) &* 0xCD9E_8D57
      c = Counter(
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c[1] ^ k[0],
        UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c[3] ^ k[1],
        UInt32(truncatingIfNeeded: p0))
      k = Key(k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85)
    }
    return c
  }
}
