import Diagnostics

/// An array being read from its beginning on, for one reader at a time. Whoever comes to its
/// end has seen the archive's checksum verified.
public final class NPYReader {
  /// Bytes of the elements that are still to come.
  public private(set) var left: Int
  private let fill: (UnsafeMutableRawBufferPointer) throws -> Void
  /// Elements whose bytes are to be swapped; 1 where none are.
  private let elementSize: Int
  private let subject: String

  init(
    _ fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Void, count: Int,
    elementSize: Int, subject: String
  ) {
    self.fill = fill
    left = count
    self.elementSize = elementSize
    self.subject = subject
  }

  /// The next elements, little-endian.
  /// - Parameter buffer: of whole elements, no more than are left.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws {
    guard buffer.count <= left, buffer.count.isMultiple(of: elementSize) else {
      throw InputError(
        subject, expected: "a request for whole elements of \(left) bytes",
        found: "one for \(buffer.count)")
    }
    try fill(buffer)
    if elementSize > 1 { ByteOrder.swap(buffer, elementSize: elementSize) }
    left -= buffer.count
  }

  /// Passes over so many bytes.
  public func skip(_ count: Int) throws {
    var rest = count
    let room = min(max(rest, 0), 1 << 20) / elementSize * elementSize
    var scratch = [UInt8](repeating: 0, count: room)
    while rest > 0, !scratch.isEmpty {
      let piece = min(rest, scratch.count)
      try scratch.withUnsafeMutableBytes {
        try read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<piece]))
      }
      rest -= piece
    }
  }
}
