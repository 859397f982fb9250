import Diagnostics

/// Takes little-endian numbers and runs of bytes from the front, each only after
/// seeing that it is there.
struct LittleEndianReader {
  private(set) var rest: ArraySlice<UInt8>
  private let subject: String

  init(_ bytes: ArraySlice<UInt8>, subject: String) {
    rest = bytes
    self.subject = subject
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else {
      throw InputError(
        subject, expected: "\(count) more bytes", found: "\(rest.count)",
        remedy: "the file may be damaged")
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func number<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type = Value.self
  ) throws -> Value {
    try take(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value($1) }
  }
}
