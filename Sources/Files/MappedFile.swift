import CFileMap
import Diagnostics
import Synchronization

/// A whole file in the address space, read as it is touched. Its pages are shared with every
/// other process that maps the file and given back by the system when memory is short; writing
/// to them changes private copies, never the file.
///
/// Reading a page that is gone because the file was cut short is a fault, not an error: programs
/// call ``reportFaults()`` to end with a message then. Files whose bytes are looked at once are
/// better read (``ReadOnlyFile``). Reading one that was written over is no fault at all, so that
/// ``AtomicFile`` looks at all of them before it gives a file its name.
public final class MappedFile: @unchecked Sendable {
  public let bytes: UnsafeMutableRawBufferPointer

  /// Stamps of all files that are mapped, by their maps' places in memory.
  private static let stamps = Mutex<[UInt: (path: String, stamp: FileStamp)]>([:])
  private var place: UInt { UInt(bitPattern: bytes.baseAddress) }

  /// Nil where the file is empty or the system will not map it; it can be read all the same.
  /// - Parameter stamp: of the file when it was opened.
  init?(descriptor: Int32, size: Int, path: String, stamp: FileStamp) {
    guard size > 0, let start = cfilemap_map(descriptor, size, path) else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: size)
    Self.stamps.withLock { $0[UInt(bitPattern: start)] = (path, stamp) }
  }

  deinit {
    Self.stamps.withLock { $0[place] = nil }
    cfilemap_unmap(bytes.baseAddress, bytes.count)
  }

  /// - Throws: `InputError` naming a mapped file that was written to since it was opened. One that
  ///   was removed, or has another in its place, is still what it was.
  public static func checkAll() throws {
    let all = stamps.withLock { Array($0.values) }
    for (path, stamp) in all {
      guard let now = FileStamp(path: path), now.isSameFile(as: stamp) else { continue }
      guard now == stamp else { throw FileStamp.changed(path) }
    }
  }

  /// Ends the process with the exit code of bad input and a line that names the file when a mapped
  /// file turns out to be cut short.
  public static func reportFaults() { cfilemap_report_faults(ExitCode.badInput.rawValue) }
}
