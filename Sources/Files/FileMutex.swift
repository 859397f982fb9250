import Diagnostics
import Foundation

/// Short turns of several processes, and of threads of one, at what they share. The kernel ends
/// the turn of a process that dies.
public enum FileMutex {
  /// Runs `body` while no other caller with the same path does. The file stays, empty.
  public static func withLock<Result>(_ path: String, _ body: () throws -> Result) throws
    -> Result
  {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw InputError(
        path, expected: "a lock file that can be written", found: systemMessage(),
        remedy: "choose a folder you may write to")
    }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw InputError(
          path, expected: "a file system with locks", found: systemMessage(),
          remedy: "choose a folder on another file system")
      }
    }
    return try body()
  }
}
