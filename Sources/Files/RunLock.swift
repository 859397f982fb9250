import Diagnostics
import Foundation
import Synchronization

/// Keeps a second process out of a run's folder.
///
/// The lock is `flock` on `<folder>/.lock`: the kernel frees it when its process
/// ends, however it ends, so a killed run leaves nothing to clean up. The file's
/// text only says who holds it.
public final class RunLock: Sendable {
  private let path: String
  /// -1 once the folder is free.
  private let descriptor: Mutex<Int32>

  /// Locks `directory`, which is created where it is missing.
  /// - Throws: `InputError` naming process, host and start of the holder.
  public init(directory: String) throws {
    try AtomicFile.makeDirectory(directory)
    path = (directory as NSString).appendingPathComponent(".lock")
    var held: Int32
    repeat {
      held = try RunLock.openLocked(path, directory: directory)
      // The holder before may have removed the file between our open and our
      // lock; then what we hold is no longer what others will open.
      if !RunLock.isSameFile(held, path) {
        close(held)
        held = -1
      }
    } while held < 0
    let text = "process \(getpid()) on \(RunLock.host()) since \(RunLock.now())\n"
    ftruncate(held, 0)
    _ = Array(text.utf8).withUnsafeBytes { pwrite(held, $0.baseAddress, $0.count, 0) }
    descriptor = Mutex(held)
  }

  deinit { release() }

  /// - Throws: `InputError` where the folder is gone, or another one stands in its place. What a
  /// run wrote there now would lie beside nothing that it wrote before.
  public func check() throws {
    guard !descriptor.withLock({ RunLock.isSameFile($0, path) }) else { return }
    throw InputError(
      (path as NSString).deletingLastPathComponent, expected: "the folder that this run began in",
      found: "it moved, removed or replaced",
      remedy: "put it back and resume, or start again")
  }

  /// Frees the folder; done by `deinit`, and by the kernel when the process ends.
  public func release() {
    descriptor.withLock { descriptor in
      guard descriptor >= 0 else { return }
      // In a folder that was moved away and made anew, the file is another run's.
      if RunLock.isSameFile(descriptor, path) { unlink(path) }
      close(descriptor)
      descriptor = -1
    }
  }

  private static func openLocked(_ path: String, directory: String) throws -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw InputError(
        path, expected: "a lock file that can be written", found: systemMessage(),
        remedy: "choose an output folder you may write to")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      defer { close(descriptor) }
      guard code == EWOULDBLOCK else {
        throw InputError(
          path, expected: "a file system with locks", found: String(cString: strerror(code)),
          remedy: "choose an output folder on another file system")
      }
      var bytes = [UInt8](repeating: 0, count: 512)
      let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
      let holder = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      throw InputError(
        directory, expected: "a folder no other run is using",
        found: "it in use by \(holder.isEmpty ? "another process" : holder)",
        remedy: "wait for that run or choose another output folder")
    }
    return descriptor
  }

  private static func isSameFile(_ descriptor: Int32, _ path: String) -> Bool {
    var held = stat()
    var named = stat()
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0
      && held.st_dev == named.st_dev && held.st_ino == named.st_ino
  }

  private static func host() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "an unknown host" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func now() -> String { Date().formatted(.iso8601) }
}
