import Diagnostics
import Foundation

/// Files appear under their final name only when they are whole: written beside
/// it under a temporary name, flushed to the disk, then renamed.
public enum AtomicFile {
  /// Runs `body` with the path of a temporary file beside `path`, then makes it
  /// durable and renames it to `path`, unless a file that was mapped has changed since: nobody
  /// knows what was computed from it then. On any error the temporary file is removed
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
      try MappedFile.checkAll()
      guard rename(temporary, path) == 0 else {
        throw InputError(
          path, expected: "a writable destination", found: systemMessage())
      }
    } catch {
      unlink(temporary)
      guard let error = error as? InputError else { throw error }
      // The file that was asked for says more than the one that is gone again.
      throw InputError(error.description.replacing(temporary, with: path))
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
    var missing: [String] = []
    var folder = path
    while !folder.isEmpty, !isFolder(folder) {
      missing.append(folder)
      let above = (folder as NSString).deletingLastPathComponent
      folder = above == folder ? "" : above
    }
    for folder in missing.reversed() {
      let code = mkdir(folder, 0o777) == 0 ? 0 : errno
      if code == 0 {
        // What is flushed into a folder is lost with it, if its own name is. One that may be
        // written to but not read cannot be flushed.
        let parent = (folder as NSString).deletingLastPathComponent
        let above = parent.isEmpty ? "." : parent
        if access(above, R_OK) == 0 { try synchronise(above) }
        continue
      }
      guard code == EEXIST, isFolder(folder) else {
        throw InputError(
          path, expected: "a folder that can be created",
          found: String(cString: strerror(code == EEXIST ? ENOTDIR : code)),
          remedy: "check the path, its permissions and the disk's free space")
      }
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
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

  /// Removes what processes that have ended left half-written beside `path` and under its name,
  /// for files that no lock guards. Another machine's process may be mistaken for a dead one,
  /// and then fails to write the file; nothing whole is ever touched.
  public static func removeLeftoversOfTheDead(of path: String) {
    let directory = (path as NSString).deletingLastPathComponent
    let final = (path as NSString).lastPathComponent
    removeLeftovers(
      in: directory.isEmpty ? "." : directory, { $0 == final },
      by: { process in
        process != getpid() && kill(process, 0) != 0 && errno == ESRCH
      })
  }

  private static func removeLeftovers(
    in directory: String, _ isOurs: (Substring) -> Bool, by isEnded: (pid_t) -> Bool = { _ in true }
  ) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for name in names {
      guard let mark = name.range(of: ".tmp-", options: .backwards),
        isOurs(name[..<mark.lowerBound])
      else { continue }
      let process = name[mark.upperBound...]
      guard !process.isEmpty, process.allSatisfy(\.isNumber), isEnded(pid_t(process) ?? .max)
      else { continue }
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
