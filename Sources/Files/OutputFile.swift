import Diagnostics
import Foundation

/// A file written piece by piece, usually the temporary one of ``AtomicFile``.
public final class OutputFile {
  public let path: String
  /// Bytes written in sequence so far: where the next ``write(_:)-(UnsafeRawBufferPointer)`` goes.
  public private(set) var position = 0
  private let descriptor: Int32

  /// - Parameter truncating: true starts an empty file; false writes into an existing one.
  public init(_ path: String, truncating: Bool = true) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CLOEXEC | (truncating ? O_CREAT | O_TRUNC : 0), 0o666)
    guard descriptor >= 0 else {
      throw InputError("\(path): cannot be opened for writing: \(systemMessage())")
    }
  }

  deinit { close(descriptor) }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try write(bytes, at: position)
    position += bytes.count
  }

  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Writes at `offset`, leaving ``position`` where it is.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw InputError("\(path): cannot be written: \(systemMessage())") }
      done += count
    }
  }

  public func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { try write($0, at: offset) }
  }
}
