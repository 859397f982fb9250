import Diagnostics

/// Reads JSON by demand: the caller says what must come next. It never recurses
/// by itself, so nesting in the input costs nothing.
struct JSONScanner {
  private let bytes: [UInt8]
  private var position = 0
  private let subject: String

  /// - Parameter bytes: valid UTF-8.
  init(_ bytes: [UInt8], subject: String) {
    self.bytes = bytes
    self.subject = subject
  }

  func error(_ message: String) -> InputError {
    InputError("\(subject) \(message) (byte \(position))")
  }

  /// Reads `{"key": value, ...}`; `value` must consume what stands after the colon.
  mutating func object(_ value: (inout JSONScanner, String) throws -> Void) throws {
    try expect("{")
    if skip("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try value(&self, key)
    } while skip(",")
    try expect("}")
  }

  /// Reads `[1, 2, ...]` of integers from 0 to `Int.max`.
  mutating func integers() throws -> [Int] {
    try expect("[")
    if skip("]") { return [] }
    var values: [Int] = []
    repeat { values.append(try integer()) } while skip(",")
    try expect("]")
    return values
  }

  mutating func integer() throws -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, let digit = JSONScanner.decimal(bytes[position]) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !overflow, !carry else { throw error("expected an integer below 2^63") }
      value = sum
      position += 1
    }
    let length = position - start
    // What follows a number (a dot, an exponent) is refused by the next `expect`.
    guard length > 0, length == 1 || bytes[start] != UInt8(ascii: "0") else {
      throw error("expected an integer, not negative")
    }
    return value
  }

  mutating func string() throws -> String {
    try expect("\"")
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try text.append(contentsOf: escape())
      case 0..<0x20: throw error("has a control character in a string")
      default: text.append(byte)
      }
    }
    throw error("ends inside a string")
  }

  /// Nothing but white space may be left.
  mutating func end() throws {
    skipSpace()
    guard position == bytes.count else { throw error("goes on after its end") }
  }

  private mutating func escape() throws -> [UInt8] {
    guard position < bytes.count else { throw error("ends inside a string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]) {
        guard take("\\"), take("u") else { throw error("has half a surrogate pair") }
        units.append(try codeUnit())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw error("has half a surrogate pair")
      }
      return Array(text.utf8)
    default: throw error("has an unknown escape in a string")
    }
  }

  private mutating func codeUnit() throws -> UInt16 {
    guard bytes.count - position >= 4 else { throw error("ends inside a string") }
    var unit: UInt16 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("has a bad \\u escape")
      }
      unit = unit << 4 | UInt16(digit)
    }
    position += 4
    return unit
  }

  private static func decimal(_ byte: UInt8) -> Int? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    return take(scalar)
  }

  private mutating func expect(_ scalar: Unicode.Scalar) throws {
    guard skip(scalar) else { throw error("expected '\(scalar)'") }
  }
}
