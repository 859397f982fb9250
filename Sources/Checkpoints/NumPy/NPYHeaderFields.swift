import Diagnostics

/// The text of an NPY header: a Python dictionary of exactly `descr`, `fortran_order` and
/// `shape`. NumPy hands it to Python's own parser; here it has a grammar of its own, in
/// which nothing nests.
struct NPYHeaderFields {
  /// `descr`: byte order, kind and size, as in `<f4`.
  let description: String
  let isFortranOrder: Bool
  let shape: [Int]

  init(_ bytes: [UInt8], subject: String) throws {
    var scanner = PythonScanner(bytes, subject: subject)
    var description: String?
    var order: Bool?
    var shape: [Int]?
    try scanner.expect("{")
    while !scanner.skip("}") {
      let key = try scanner.string()
      try scanner.expect(":")
      switch key {
      case "descr" where description == nil: description = try scanner.string()
      case "fortran_order" where order == nil: order = try scanner.truth()
      case "shape" where shape == nil:
        shape = try scanner.integers(atMost: NPYHeader.mostDimensions)
      default: throw scanner.error("expected descr, fortran_order and shape, once each")
      }
      guard !scanner.skip(",") else { continue }
      try scanner.expect("}")
      break
    }
    try scanner.end()
    guard let description, let order, let shape else {
      throw scanner.error("expected descr, fortran_order and shape, one is missing")
    }
    self.description = description
    isFortranOrder = order
    self.shape = shape
  }
}

/// Reads the few kinds of Python literals that headers have, each where the caller wants it.
private struct PythonScanner {
  private let bytes: [UInt8]
  private var position = 0
  private let subject: String

  init(_ bytes: [UInt8], subject: String) {
    self.bytes = bytes
    self.subject = subject
  }

  func error(_ message: String) -> InputError {
    InputError("\(subject) (byte \(position)): \(message)")
  }

  /// Quoted and printable ASCII, without escapes.
  mutating func string() throws -> String {
    skipSpace()
    guard position < bytes.count, [0x22, 0x27].contains(bytes[position]) else {
      throw error("expected a string; arrays with fields cannot be read")
    }
    let rest = bytes[(position + 1)...]
    guard let end = rest.firstIndex(of: bytes[position]) else {
      throw error("expected the end of a string")
    }
    let text = rest[..<end]
    guard text.count <= 64, text.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x5C }) else {
      throw error("expected a short string of printable ASCII")
    }
    position = end + 1
    return String(decoding: text, as: UTF8.self)
  }

  mutating func truth() throws -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)]
    where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw error("expected True or False")
  }

  /// A tuple of integers from 0 to `Int.max`: `()`, `(1,)`, `(1, 2)`.
  mutating func integers(atMost limit: Int) throws -> [Int] {
    var values: [Int] = []
    try expect("(")
    while !skip(")") {
      values.append(try integer())
      guard values.count <= limit else { throw error("expected at most \(limit) dimensions") }
      let hasComma = skip(",")
      // (1) is a number in Python, not a tuple.
      guard hasComma || values.count > 1 else { throw error("expected a tuple") }
      guard !hasComma else { continue }
      try expect(")")
      break
    }
    return values
  }

  private mutating func integer() throws -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(bytes[position] - 0x30))
      guard !overflow, !carry else { throw error("expected dimensions below 2^63") }
      value = sum
      position += 1
    }
    guard position > start else { throw error("expected a dimension, 0 or more") }
    // Python 2 wrote long integers as 3L.
    if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }

  mutating func expect(_ character: Unicode.Scalar) throws {
    guard skip(character) else { throw error("expected '\(character)'") }
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Nothing but white space may be left.
  mutating func end() throws {
    skipSpace()
    guard position == bytes.count else { throw error("expected its end") }
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }
}
