import Diagnostics
import Foundation

/// The largest resident size that this process reaches while something runs, by Linux's
/// `/proc/self`. Meaningful where nothing else runs in the process meanwhile.
enum PeakMemory {
  /// The growth of resident memory at its highest during `body`, in bytes.
  /// - Throws: what `body` throws, and `InputError` where the system keeps no such count.
  static func growth(during body: () throws -> Void) throws -> Int {
    // "5" sets the high-water mark back to the present size (proc(5)).
    guard let reset = fopen("/proc/self/clear_refs", "w") else { throw unsupported() }
    let written = fputs("5", reset)
    guard fclose(reset) == 0, written >= 0 else { throw unsupported() }
    let before = try bytes("VmRSS:")
    try body()
    return max(0, try bytes("VmHWM:") - before)
  }

  private static func bytes(_ field: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    for line in status.split(separator: "\n") where line.hasPrefix(field) {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count > 1, let kibibytes = Int(words[1]) { return kibibytes << 10 }
    }
    throw unsupported()
  }

  private static func unsupported() -> InputError {
    InputError(
      "/proc/self/clear_refs", expected: "Linux's count of peak memory", found: "none that works",
      remedy: "the checks of memory need it")
  }
}
