/// Integers as pickles write them: little-endian, two's complement, of any length.
enum PickleInteger {
  /// The longest integer taken, in bytes: its digits cost time in the square of that, wherever
  /// it is shown. States of random number generators have 16.
  static let longest = 64

  /// Nil when it does not fit.
  static func int(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count <= 8 else { return nil }
    let isNegative = (bytes.last ?? 0) >= 0x80
    return bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
  }

  static func decimal(_ bytes: ArraySlice<UInt8>) -> String {
    let isNegative = (bytes.last ?? 0) >= 0x80
    var magnitude = Array(bytes.reversed())[...]  // most significant first
    if isNegative { negate(&magnitude) }
    var text = ""
    repeat {
      var remainder = 0
      for i in magnitude.indices {
        let part = remainder << 8 | Int(magnitude[i])
        magnitude[i] = UInt8(truncatingIfNeeded: part / 1_000_000_000)
        remainder = part % 1_000_000_000
      }
      magnitude = magnitude.drop { $0 == 0 }
      let digits = String(remainder)
      let zeros = magnitude.isEmpty ? 0 : 9 - digits.count
      text = String(repeating: "0", count: zeros) + digits + text
    } while !magnitude.isEmpty
    return (isNegative ? "-" : "") + text
  }

  private static func negate(_ bytes: inout ArraySlice<UInt8>) {
    var carry: UInt8 = 1
    for i in bytes.indices.reversed() {
      let (sum, overflow) = (~bytes[i]).addingReportingOverflow(carry)
      bytes[i] = sum
      carry = overflow ? 1 : 0
    }
  }
}
