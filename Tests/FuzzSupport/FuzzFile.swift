import Files
import Foundation

/// A file that is written over and over, in memory where the system has room for files there.
/// It is removed at the end; a crash leaves it with the bytes that caused it.
public final class FuzzFile {
  public let path: String

  /// - Parameter name: of the reader, to find the file after a crash.
  public init(_ name: String) {
    let shared = "/dev/shm"
    let folder =
      FileManager.default.isWritableFile(atPath: shared)
      ? shared : FileManager.default.temporaryDirectory.path
    path = "\(folder)/flowturbo-fuzz-\(name)-\(UUID().uuidString)"
  }

  deinit { unlink(path) }

  public func write(_ bytes: [UInt8]) throws { try OutputFile(path).write(bytes) }
}
