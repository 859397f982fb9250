import Foundation

/// What a draw is for. Streams of different purposes never overlap, so adding
/// a draw for one purpose leaves all others as they were. Raw values are part
/// of the results' identity: never renumber, only append.
public enum DrawPurpose: UInt32, Sendable, CaseIterable {
  case initialisation = 1
  case shuffle = 2
  case flip = 3
  case posterior = 4
  case noise = 5
  case time = 6
  case timeOffset = 7
  case labelDropout = 8
  case label = 9
  case scene = 10
  case heldOut = 11
  case split = 12
  case bootstrap = 13
  case diffusion = 14
  case probe = 15
}

/// The random numbers of one (seed, purpose, index): image 17 gets the same
/// ones whatever the batch size, the thread count or what was drawn before.
public struct RandomStream: Sendable {
  private let key: Philox.Key
  private var counter: Philox.Counter
  private var block = Philox.Counter()
  private var used = 4
  private var spare: Float?

  /// - Parameter index: the sample's (or step's) own number within the purpose.
  public init(seed: UInt64, purpose: DrawPurpose, index: UInt64) {
    key = Philox.Key(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = Philox.Counter(
      0, UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
      purpose.rawValue)
  }

  public mutating func nextUInt32() -> UInt32 {
    if used == 4 {
      block = Philox.block(counter: counter, key: key)
      counter[0] &+= 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// Uniform in [0, 1), 24 bits: exact in binary32.
  public mutating func uniform() -> Float {
    Float(nextUInt32() >> 8) * 0x1p-24
  }

  /// Uniform in [range.lowerBound, range.upperBound).
  public mutating func uniform(in range: Range<Float>) -> Float {
    let value = range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
    // The sum may round up to the bound that the range leaves out.
    return min(value, range.upperBound.nextDown)
  }

  /// Uniform in 0..<bound without modulo bias (Lemire's method). `bound` is at least 1.
  public mutating func integer(below bound: UInt32) -> UInt32 {
    precondition(bound > 0, "an empty range has no integer")
    var product = UInt64(nextUInt32()) &* UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold {
        product = UInt64(nextUInt32()) &* UInt64(bound)
      }
    }
    return UInt32(truncatingIfNeeded: product >> 32)
  }

  /// Standard normal, by the Box–Muller transform in double precision.
  public mutating func normal() -> Float {
    if let value = spare {
      spare = nil
      return value
    }
    // 1 - u lies in (0, 1], so the logarithm is finite.
    let u = 1 - Double(nextUInt32()) * 0x1p-32
    let angle = 2 * Double.pi * Double(nextUInt32()) * 0x1p-32
    let radius = (-2 * log(u)).squareRoot()
    spare = Float(radius * sin(angle))
    return Float(radius * cos(angle))
  }

  /// Fills `values` with standard normals.
  public mutating func fillNormal(_ values: UnsafeMutableBufferPointer<Float>) {
    for i in values.indices { values[i] = normal() }
  }

  /// A permutation of 0..<count (Fisher–Yates). `count` is below 2^32.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    guard count > 1 else { return order }
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, Int(integer(below: UInt32(i + 1))))
    }
    return order
  }
}
