/// Four numbers that go the same way: the four sub-samples of one pixel.
typealias Lanes = SIMD4<Float>
typealias LaneMask = SIMDMask<SIMD4<Int32>>

/// Lane-wise smaller number.
@inline(__always)
func lesser(_ a: Lanes, _ b: Lanes) -> Lanes { a.replacing(with: b, where: b .< a) }

/// Lane-wise greater number.
@inline(__always)
func greater(_ a: Lanes, _ b: Lanes) -> Lanes { a.replacing(with: b, where: b .> a) }

@inline(__always)
func lesser(_ a: Lanes, _ b: Float) -> Lanes { lesser(a, Lanes(repeating: b)) }

@inline(__always)
func greater(_ a: Lanes, _ b: Float) -> Lanes { greater(a, Lanes(repeating: b)) }

@inline(__always)
func absolute(_ a: Lanes) -> Lanes { greater(a, -a) }

@inline(__always)
func clamped(_ a: Lanes, _ low: Float, _ high: Float) -> Lanes { lesser(greater(a, low), high) }

@inline(__always)
func root(_ a: Lanes) -> Lanes { a.squareRoot() }

/// Length of (a, b) in the plane.
@inline(__always)
func length(_ a: Lanes, _ b: Lanes) -> Lanes { root(a * a + b * b) }

/// 0 below `low`, 1 above `high`, cubic between.
@inline(__always)
func smoothStep(_ a: Lanes, _ low: Float, _ high: Float) -> Lanes {
  let x = clamped((a - low) * (1 / (high - low)), 0, 1)
  return x * x * (3 - 2 * x)
}

/// Four points, directions or linear-light colours.
struct LaneVector {
  var x: Lanes
  var y: Lanes
  var z: Lanes

  @inline(__always)
  init(_ x: Lanes, _ y: Lanes, _ z: Lanes) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// The same vector in every lane.
  @inline(__always)
  init(_ v: SIMD3<Float>) {
    self.init(Lanes(repeating: v.x), Lanes(repeating: v.y), Lanes(repeating: v.z))
  }

  @inline(__always)
  static func + (a: Self, b: Self) -> Self { Self(a.x + b.x, a.y + b.y, a.z + b.z) }

  @inline(__always)
  static func - (a: Self, b: Self) -> Self { Self(a.x - b.x, a.y - b.y, a.z - b.z) }

  @inline(__always)
  static func * (a: Self, b: Self) -> Self { Self(a.x * b.x, a.y * b.y, a.z * b.z) }

  @inline(__always)
  static func * (a: Self, s: Lanes) -> Self { Self(a.x * s, a.y * s, a.z * s) }

  @inline(__always)
  func dot(_ b: Self) -> Lanes { x * b.x + y * b.y + z * b.z }

  @inline(__always)
  var normalised: Self { self * (1 / root(greater(dot(self), 1e-20))) }

  /// The lanes' mean.
  @inline(__always)
  var mean: SIMD3<Float> { SIMD3(Self.sum(x), Self.sum(y), Self.sum(z)) * 0.25 }

  /// The greatest difference between two lanes of one component.
  @inline(__always)
  var spread: Float { max(Self.range(x), Self.range(y), Self.range(z)) }

  // The library's sum() leaves its order open.
  @inline(__always)
  private static func sum(_ a: Lanes) -> Float { (a.x + a.y) + (a.z + a.w) }

  @inline(__always)
  private static func range(_ a: Lanes) -> Float {
    max(max(a.x, a.y), max(a.z, a.w)) - min(min(a.x, a.y), min(a.z, a.w))
  }

  /// `other` where `mask` holds.
  @inline(__always)
  func replacing(with other: Self, where mask: LaneMask) -> Self {
    Self(
      x.replacing(with: other.x, where: mask), y.replacing(with: other.y, where: mask),
      z.replacing(with: other.z, where: mask))
  }

  /// `a` at 0, `b` at 1.
  @inline(__always)
  static func mix(_ a: Self, _ b: Self, _ t: Lanes) -> Self { a + (b - a) * t }
}

extension SIMD3<Float> {
  @inline(__always)
  func dot(_ b: Self) -> Float { x * b.x + y * b.y + z * b.z }

  var normalised: Self { self / dot(self).squareRoot() }

  func cross(_ b: Self) -> Self {
    Self(y * b.z - z * b.y, z * b.x - x * b.z, x * b.y - y * b.x)
  }
}
