import Foundation

/// Memory of this process as Linux counts it.
enum ProcessMemory {
  /// Largest resident size since the last `reset`, in bytes; nil where the system does not say.
  static var highWater: Int? { status("VmHWM") }
  /// Resident size now, in bytes.
  static var resident: Int? { status("VmRSS") }

  /// Lets the high-water mark begin again at the present size.
  static func reset() {
    // proc(5): 5 resets the peak resident set size.
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
  }

  private static func status(_ key: String) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key + ":") }),
      let kilobytes = Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "")
    else { return nil }
    return kilobytes * 1024
  }
}
