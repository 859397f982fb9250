import CZlib
import Diagnostics

/// Undoes raw deflate (RFC 1951) piece by piece, in the 40 kB that zlib needs and 64 kB for input.
final class Inflater {
  // zlib keeps the address of its state, so that this must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let input: UnsafeMutableRawBufferPointer

  /// Bytes that can be given at once.
  static let inputSize = 1 << 16

  init() throws {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    input = .allocate(byteCount: Inflater.inputSize, alignment: 64)
    // Negative window bits: no zlib header around the data.
    let code = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw InputError("zlib cannot be started (code \(code))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }

  /// Bytes given that are not used yet.
  var unused: Int { Int(stream.pointee.avail_in) }

  /// Has `fill` write the next `count` bytes of input, at most ``inputSize``. Those given
  /// before must be used up.
  func give(_ count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    let piece = UnsafeMutableRawBufferPointer(rebasing: input[..<count])
    try fill(piece)
    stream.pointee.next_in = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(count)
  }

  /// Inflates as much into `output`, which is not empty, as it and the input given allow.
  /// Nil where the input is no deflated data.
  func inflate(into output: UnsafeMutableRawBufferPointer) -> (count: Int, hasEnded: Bool)? {
    let room = min(output.count, 1 << 30)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room)
    let code = CZlib.inflate(stream, Z_NO_FLUSH)
    // Z_BUF_ERROR only says that nothing could be done: the caller sees that.
    guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { return nil }
    return (room - Int(stream.pointee.avail_out), code == Z_STREAM_END)
  }
}
