/// Conversions between binary32 and the narrow floating-point formats, on bit
/// patterns: plain integer arithmetic, which the compiler can vectorise.
/// Narrowing rounds to nearest, ties to even; NaN stays NaN.
enum HalfPrecision {
  @inline(__always)
  static func float(bfloat16 bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  @inline(__always)
  static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let rounded = bits &+ 0x7FFF &+ ((bits >> 16) & 1)
    // Rounding a NaN could carry it into infinity; keep its upper bits, made quiet.
    return UInt16(truncatingIfNeeded: value.isNaN ? (bits >> 16) | 0x40 : rounded >> 16)
  }

  @inline(__always)
  static func float(float16 bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let shifted = UInt32(bits & 0x7FFF) << 13
    // Multiplying by 2^112 moves the exponent's bias from 15 to 127 and
    // normalises subnormal numbers exactly.
    let scaled = (Float(bitPattern: shifted) * 0x1p112).bitPattern
    let special = shifted >= 0x0F80_0000  // infinity or NaN
    return Float(bitPattern: sign | (special ? shifted | 0x7F80_0000 : scaled))
  }

  @inline(__always)
  static func float16(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let bits = value.bitPattern & 0x7FFF_FFFF
    // Normal results: rebias the exponent, add half an ulp less one and the odd bit.
    let normal = (bits &- (112 << 23) &+ 0xFFF &+ ((bits >> 13) & 1)) >> 13
    // Subnormal results: adding 1/2 aligns the binary points and rounds.
    let subnormal = (Float(bitPattern: bits) + 0.5).bitPattern &- Float(0.5).bitPattern
    let special: UInt32 = bits > 0x7F80_0000 ? 0x7E00 : 0x7C00
    // 0x477FF000 is 65520, the first value that rounds to infinity.
    let magnitude =
      bits >= 0x477F_F000 ? special : bits < (113 << 23) ? subnormal : normal
    return sign | UInt16(truncatingIfNeeded: magnitude)
  }

  @inline(__always)
  static func float(float8E5M2 bits: UInt8) -> Float {
    float(float16: UInt16(bits) << 8)
  }

  @inline(__always)
  static func float(float8E4M3 bits: UInt8) -> Float {
    let sign = UInt32(bits & 0x80) << 24
    let magnitude = UInt32(bits & 0x7F)
    let scaled = (Float(bitPattern: magnitude << 20) * 0x1p120).bitPattern
    return Float(bitPattern: sign | (magnitude == 0x7F ? 0x7FC0_0000 : scaled))
  }
}
