import Foundation

/// How far the process's resident memory rises above what it is now.
public struct PeakMemory {
  private let start: Int

  public init() {
    // Linux sets the peak back to the present; where that is not allowed, an older one stays.
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    start = PeakMemory.read("VmRSS:")
  }

  /// Bytes by which the peak since then lies above the start.
  public var growth: Int { PeakMemory.read("VmHWM:") - start }

  private static func read(_ field: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
  }
}
