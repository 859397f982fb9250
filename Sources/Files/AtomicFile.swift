import Diagnostics
import Foundation

/// Files appear under their final name only when they are whole: written beside
/// it under a temporary name, flushed to the disk, then renamed.
public enum AtomicFile {
  /// Runs `body` with the path of a temporary file beside `path`, then makes it
  /// durable and renames it to `path`. On any error the temporary file is removed
  /// and what stood under `path` before is untouched.
  ///
  /// - Parameter durable: false leaves the flushing to the system, for files by
  ///   the thousand whose loss in a power failure their reader notices.
  public static func write(
    to path: String, durable: Bool = true, _ body: (_ temporaryPath: String) throws -> Void
  ) throws {
    let directory = (path as NSString).deletingLastPathComponent
    let folder = directory.isEmpty ? "." : directory
    try makeDirectory(folder)
    let temporary = "\(path).tmp-\(getpid())"
    do {
      try body(temporary)
      if durable { try synchronise(temporary) }
      guard rename(temporary, path) == 0 else {
        throw InputError(
          path, expected: "a writable destination", found: String(cString: strerror(errno)))
      }
    } catch {
      unlink(temporary)
      throw error
    }
    // The rename itself is durable once the folder's entry is on the disk.
    if durable { try synchronise(folder) }
  }

  /// Writes `bytes` whole or not at all.
  public static func write(
    _ bytes: some Sequence<UInt8>, to path: String, durable: Bool = true
  ) throws {
    let data = Data(bytes)
    try write(to: path, durable: durable) { temporary in
      do {
        try data.write(to: URL(fileURLWithPath: temporary))
      } catch {
        throw InputError("\(path): cannot be written: \(error.localizedDescription)")
      }
    }
  }

  /// Writes `text` as UTF-8, whole or not at all.
  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Creates `path` and the folders above it where they are missing.
  public static func makeDirectory(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw InputError(
        path, expected: "a folder that can be created", found: error.localizedDescription,
        remedy: "check the path and its permissions")
    }
  }

  private static func synchronise(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else {
      throw InputError("\(path): cannot be opened to flush: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw InputError("\(path): cannot be flushed to disk: \(String(cString: strerror(errno)))")
    }
  }
}
