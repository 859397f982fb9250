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
          path, expected: "a writable destination", found: systemMessage())
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
    let bytes = Array(bytes)
    try write(to: path, durable: durable) { try OutputFile($0).write(bytes) }
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

  /// Removes what killed processes left half-written in `directory` (names ending in
  /// `.tmp-` and digits). Call it while holding the folder's ``RunLock``: then no
  /// such file can still be in use.
  public static func removeLeftovers(in directory: String) {
    removeLeftovers(in: directory) { _ in true }
  }

  /// Removes what killed processes left half-written beside `path` and under its name, for
  /// a folder that others may write to. Call it while holding the lock that guards `path`.
  public static func removeLeftovers(of path: String) {
    let directory = (path as NSString).deletingLastPathComponent
    let final = (path as NSString).lastPathComponent
    removeLeftovers(in: directory.isEmpty ? "." : directory) { $0 == final }
  }

  private static func removeLeftovers(in directory: String, _ isOurs: (Substring) -> Bool) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for name in names {
      guard let mark = name.range(of: ".tmp-", options: .backwards),
        isOurs(name[..<mark.lowerBound])
      else { continue }
      let process = name[mark.upperBound...]
      guard !process.isEmpty, process.allSatisfy(\.isNumber) else { continue }
      unlink((directory as NSString).appendingPathComponent(name))
    }
  }

  private static func synchronise(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else {
      throw InputError("\(path): cannot be opened to flush: \(systemMessage())")
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw InputError("\(path): cannot be flushed to disk: \(systemMessage())")
    }
  }
}
