import Foundation

/// What a walk over a JPEG's markers tells before any pixel is decoded.
struct JPEGHeader {
  /// 0 until a frame header has been met.
  private(set) var width = 0
  private(set) var height = 0
  private(set) var components = 0
  /// The end-of-image marker was reached. A file without it has lost its tail, which
  /// the decoder would paint grey.
  private(set) var isComplete = false

  /// - Parameter wholeFile: walk to the end of the image; otherwise to the frame header.
  init(_ bytes: [UInt8], wholeFile: Bool) {
    bytes.withUnsafeBytes { walk($0, wholeFile: wholeFile) }
  }

  private mutating func walk(_ bytes: UnsafeRawBufferPointer, wholeFile: Bool) {
    guard let base = bytes.baseAddress else { return }
    var position = 2  // after the start-of-image marker
    while position < bytes.count,
      let found = memchr(base + position, 0xFF, bytes.count - position)
    {
      position = UnsafeRawPointer(found) - base + 1
      guard position < bytes.count else { return }
      switch bytes[position] {
      case 0xFF: break  // fill byte: what follows may be a marker
      case 0x00, 0x01, 0xD0...0xD8: position += 1  // stuffed byte, or a marker without a segment
      case 0xD9:
        isComplete = true
        return
      case let marker:
        guard let segment = JPEGHeader.segment(in: bytes, at: position + 1) else { return }
        read(segment, of: marker)
        if !wholeFile && width > 0 { return }
        position += 1 + segment.count + 2
      }
    }
  }

  private mutating func read(_ segment: Slice<UnsafeRawBufferPointer>, of marker: UInt8) {
    let payload = UnsafeRawBufferPointer(rebasing: segment)
    switch marker {
    case 0xC4, 0xC8, 0xCC: break  // tables among the frame headers' numbers
    case 0xC0...0xCF where payload.count >= 6 && components == 0:
      height = Int(payload[1]) << 8 | Int(payload[2])
      width = Int(payload[3]) << 8 | Int(payload[4])
      components = Int(payload[5])
    default: break
    }
  }

  /// The segment whose two length bytes stand at `start`; nil when it passes the end.
  private static func segment(
    in bytes: UnsafeRawBufferPointer, at start: Int
  ) -> Slice<UnsafeRawBufferPointer>? {
    guard start + 2 <= bytes.count else { return nil }
    let length = Int(bytes[start]) << 8 | Int(bytes[start + 1])
    guard length >= 2, start + length <= bytes.count else { return nil }
    return bytes[start + 2..<start + length]
  }
}
