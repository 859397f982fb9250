import Foundation

/// The memory that a piece of work takes, as the kernel counts it.
public enum PeakMemory {
  /// Does the work, and says by how many bytes the process's resident memory was at most above
  /// what it was before; nil where the system does not tell. What was freed before is given back
  /// first, so that it is not used again unseen. Other threads' memory counts, too.
  public static func rise<Result>(during work: () throws -> Result) rethrows
    -> (result: Result, bytes: Int?)
  {
    giveBack()
    let before = forgetPeak() ? status("VmRSS") : nil
    let result = try work()
    guard let before, let peak = status("VmHWM") else { return (result, nil) }
    return (result, max(peak - before, 0))
  }

  /// From now on the peak is that of what follows (proc(5), clear_refs).
  private static func forgetPeak() -> Bool {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return false }
    defer { try? file.close() }
    return (try? file.write(contentsOf: Data("5".utf8))) != nil
  }

  /// A line of /proc/self/status in bytes.
  private static func status(_ name: String) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    return line.flatMap { Int($0.split(separator: " ").dropLast().last ?? "") }.map { 1024 * $0 }
  }

  /// glibc keeps what is freed for later.
  private static func giveBack() {
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
  }
}
