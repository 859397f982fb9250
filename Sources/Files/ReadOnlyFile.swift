import Diagnostics
import Foundation
import Synchronization

/// A regular file read at any place by any thread. Reads are positioned system
/// calls rather than a memory map, so that a file cut short while it is in use
/// is an error and not a signal; weights that stay in use are mapped on request.
/// So is a file that was written to since it was opened: what was read before and what is read
/// after would be halves of two files.
public final class ReadOnlyFile: Sendable {
  public let path: String
  /// Length in bytes when the file was opened.
  public let size: Int
  private let descriptor: Int32
  private let stamp: FileStamp
  private let map = Mutex<MappedFile?>(nil)

  public init(_ path: String) throws {
    // Without O_NONBLOCK, opening a named pipe would wait for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw InputError("\(path): cannot be opened: \(systemMessage())")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw InputError(path, expected: "a regular file", found: "a folder or a device")
    }
    self.path = path
    self.size = Int(status.st_size)
    self.descriptor = descriptor
    stamp = FileStamp(status)
  }

  deinit { close(descriptor) }

  /// The whole file in memory, one map for all who ask; nil where the system will not map it.
  public var mapped: MappedFile? {
    map.withLock { map in
      if let map { return map }
      map = MappedFile(descriptor: descriptor, size: size, path: path, stamp: stamp)
      return map
    }
  }

  /// Fills `buffer` with the bytes from `offset` on; all of them or an error.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    guard offset >= 0, offset <= size, buffer.count <= size - offset else {
      throw InputError(
        path, expected: "\(buffer.count) bytes at \(offset)", found: "a file of \(size) bytes")
    }
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, offset + done)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw InputError("\(path): cannot be read: \(systemMessage())") }
      guard count > 0 else {
        throw InputError(
          path, expected: "\(size) bytes", found: "a file cut short while it was read")
      }
      done += count
    }
    try check()
  }

  /// - Throws: `InputError` where the file was written to since it was opened.
  public func check() throws {
    guard FileStamp(descriptor: descriptor) == stamp else { throw FileStamp.changed(path) }
  }

  /// The bytes of `range`. The range is checked against the size before memory is taken.
  public func bytes(_ range: Range<Int>) throws -> [UInt8] {
    guard range.lowerBound >= 0, range.upperBound <= size else {
      throw InputError(
        path, expected: "\(range.count) bytes at \(range.lowerBound)",
        found: "a file of \(size) bytes")
    }
    var bytes = [UInt8](repeating: 0, count: range.count)
    try bytes.withUnsafeMutableBytes { try read(at: range.lowerBound, into: $0) }
    return bytes
  }

  /// Passes the bytes of `range` on in order, in pieces of at most `chunk` bytes.
  public func forEachChunk(
    of range: Range<Int>, chunk: Int = 1 << 20, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, min(chunk, range.count)), alignment: 64)
    defer { buffer.deallocate() }
    var offset = range.lowerBound
    while offset < range.upperBound {
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, range.upperBound - offset)])
      try read(at: offset, into: piece)
      try body(UnsafeRawBufferPointer(piece))
      offset += piece.count
    }
  }
}

/// What the last failed system call complained about.
func systemMessage() -> String { String(cString: strerror(errno)) }
