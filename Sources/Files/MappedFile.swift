import CFileMap
import Diagnostics

/// A whole file in the address space, read as it is touched. Its pages are shared with every
/// other process that maps the file and given back by the system when memory is short; writing
/// to them changes private copies, never the file.
///
/// Reading a page that is gone because the file was cut short is a fault, not an error: programs
/// call ``reportFaults()`` to end with a message then. Files whose bytes are looked at once are
/// better read (``ReadOnlyFile``).
public final class MappedFile: @unchecked Sendable {
  public let bytes: UnsafeMutableRawBufferPointer

  /// Nil where the file is empty or the system will not map it; it can be read all the same.
  init?(descriptor: Int32, size: Int, path: String) {
    guard size > 0, let start = cfilemap_map(descriptor, size, path) else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: size)
  }

  deinit { cfilemap_unmap(bytes.baseAddress, bytes.count) }

  /// Ends the process with the exit code of bad input and a line that names the file when a mapped
  /// file turns out to be cut short.
  public static func reportFaults() { cfilemap_report_faults(ExitCode.badInput.rawValue) }
}
