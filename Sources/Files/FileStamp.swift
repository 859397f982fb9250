import Diagnostics
import Foundation

/// What tells whether a file was written to or replaced: its place on the disk, its length and the
/// time of its last change of content. Names and permissions may change.
public struct FileStamp: Sendable, Equatable {
  private let device: UInt64
  private let number: UInt64
  private let size: Int64
  private let seconds: Int
  private let nanoseconds: Int

  /// Nil where there is no such file.
  public init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
    size = Int64(status.st_size)
    (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
  }

  /// Nil where it is closed.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  func isSameFile(as other: Self) -> Bool { (device, number) == (other.device, other.number) }

  /// What to say of a file that changed.
  public static func changed(_ path: String) -> InputError {
    InputError(
      path, expected: "a file that nobody writes to while it is used",
      found: "it changed meanwhile", remedy: "repeat the command once it is whole")
  }
}
