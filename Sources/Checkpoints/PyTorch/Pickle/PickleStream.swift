import Diagnostics
import Files

/// The bytes of one or several pickles, read from the front. Whatever length they declare is
/// held against what is there before memory is taken.
struct PickleStream {
  /// The longest stretch of pickles taken from one file. A tensor takes about 150 bytes, so that
  /// this holds the description of 400 000.
  static let longest = 64 << 20

  /// What has been read so far. Texts keep their place in it instead of a copy.
  private(set) var bytes: [UInt8]
  private(set) var position = 0
  private let file: ReadOnlyFile?
  /// How many bytes there can be.
  private let end: Int

  /// - Parameter bytes: at most `longest`.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    file = nil
    end = min(bytes.count, PickleStream.longest)
  }

  /// Pickles from the start of `file`, whatever comes after them; read as far as needed.
  init(_ file: ReadOnlyFile) {
    bytes = []
    self.file = file
    end = min(file.size, PickleStream.longest)
  }

  var isAtEnd: Bool { position == end }

  /// How many bytes are left, `longest` considered.
  var rest: Int { end - position }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws -> Range<Int> {
    guard count <= rest else {
      throw PickleError(
        offset: position, expected: "\(count) more bytes", found: "\(rest)",
        remedy: end == PickleStream.longest
          ? "pickles are read up to \(PickleStream.longest) bytes" : "the file may be cut off")
    }
    if position + count > bytes.count { try fill(upTo: position + count) }
    position += count
    return position - count..<position
  }

  mutating func byte() throws -> UInt8 { bytes[try take(1).lowerBound] }

  /// A little-endian number.
  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    let range = try take(MemoryLayout<Number>.size)
    return bytes[range].reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }

  /// A length of 1, 4 or 8 bytes. Those beyond `Int.max` are not there either.
  mutating func length<Number: FixedWidthInteger & UnsignedInteger>(_ type: Number.Type) throws
    -> Int
  {
    Int(clamping: try number(type))
  }

  /// The bytes up to the next newline, which is taken too.
  mutating func line() throws -> Range<Int> {
    let start = position
    while try byte() != UInt8(ascii: "\n") {}
    return start..<position - 1
  }

  private mutating func fill(upTo count: Int) throws {
    guard let file else { return }
    let next = min(end, max(count, bytes.count + 1 << 16))
    bytes.append(contentsOf: try file.bytes(bytes.count..<next))
  }
}
