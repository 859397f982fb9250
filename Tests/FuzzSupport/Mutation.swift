import Randomness

/// Ways to damage a file, each likely to meet a mistake in readers of binary formats.
public enum Mutation: CaseIterable, Sendable {
  case flipBit
  case setByte
  case extremeInteger
  case extremeDigits
  case deleteBlock
  case insertBlock
  case copyBlock
  case truncate
  case splice

  /// - Parameter other: another file of the corpus, for ``splice``.
  public func apply(to bytes: inout [UInt8], other: [UInt8], _ random: inout RandomStream) {
    guard !bytes.isEmpty else {
      bytes = other
      return
    }
    let place = random.place(in: bytes.count)
    switch self {
    case .flipBit: bytes[place] ^= 1 << UInt8(random.place(in: 8))
    case .setByte: bytes[place] = random.pick([0, 1, 0x7F, 0x80, 0xFF, random.byte()])
    case .extremeInteger: Mutation.putExtreme(in: &bytes, at: place, &random)
    case .extremeDigits: Mutation.putExtremeDigits(in: &bytes, from: place, &random)
    case .deleteBlock:
      bytes.removeSubrange(place..<min(bytes.count, place + random.length()))
    case .insertBlock:
      let fill = random.pick([random.byte(), 0, 0xFF])
      bytes.insert(contentsOf: [UInt8](repeating: fill, count: random.length()), at: place)
    case .copyBlock:
      let block = bytes[place..<min(bytes.count, place + random.length())]
      let target = random.place(in: bytes.count)
      if random.place(in: 2) == 0 {
        bytes.insert(contentsOf: Array(block), at: target)
      } else {
        let end = min(bytes.count, target + block.count)
        bytes.replaceSubrange(target..<end, with: Array(block.prefix(end - target)))
      }
    case .truncate: bytes.removeSubrange(place...)
    case .splice: bytes.replaceSubrange(place..., with: other[random.place(in: other.count + 1)...])
    }
  }

  /// Overwrites 1, 2, 4 or 8 bytes, little- or big-endian, by a number at an edge or next to
  /// what was there.
  private static func putExtreme(
    in bytes: inout [UInt8], at place: Int, _ random: inout RandomStream
  ) {
    let size = min(random.pick([1, 2, 4, 8]), bytes.count - place)
    let field = place..<place + size
    let isBig = random.place(in: 4) == 0
    let old = (isBig ? Array(bytes[field]) : bytes[field].reversed())
      .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let top = UInt64(1) << UInt64(8 * size - 1)
    let new = random.pick([
      0, 1, top, top &- 1, .max, .max &- 1, old &+ 1, old &- 1, old &* 2, 0 &- old,
      UInt64(bytes.count), UInt64(bytes.count) &- UInt64(place), UInt64(random.place(in: 256)),
      1 << 32, 1 << 31, 0x7FFF_FFFF,
    ])
    let little = (0..<size).map { UInt8(truncatingIfNeeded: new >> UInt64(8 * $0)) }
    bytes.replaceSubrange(field, with: isBig ? little.reversed() : little)
  }

  /// Replaces the next number in the text of a header.
  private static func putExtremeDigits(
    in bytes: inout [UInt8], from place: Int, _ random: inout RandomStream
  ) {
    let digits: ClosedRange<UInt8> = 0x30...0x39
    guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    let number = random.pick([
      "0", "1", "-1", "", "2147483648", "4294967296", "9223372036854775807",
      "9223372036854775808", "18446744073709551616", "1e3", "1.5", "00", "L",
      String(repeating: "9", count: 40), String(random.place(in: 1000)), String(bytes.count),
    ])
    bytes.replaceSubrange(start..<end, with: Array(number.utf8))
  }
}

extension RandomStream {
  /// Uniform in 0..<count; 0 where `count` is 0.
  mutating func place(in count: Int) -> Int {
    Int(integer(below: UInt32(clamping: max(1, count))))
  }

  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: nextUInt32()) }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[place(in: values.count)] }

  /// Of a block: mostly short.
  mutating func length() -> Int { 1 + place(in: pick([4, 16, 64, 1024])) }
}
