import Foundation

/// The share of the machine's processor time that control groups leave to this process, as
/// containers set it (`docker run --cpus`). libgomp and Dispatch do not look at it: sixty-four
/// threads in the time of two processors spend it waiting for each other.
struct ProcessorQuota {
  /// Where `proc` and `sys` lie; another folder in tests.
  var root = ""

  /// Processors' worth of time; nil where nothing is limited.
  func processors() -> Double? {
    let groups = text("/proc/self/cgroup") ?? ""
    var limits: [Double] = []
    for line in groups.split(separator: "\n") {
      // number:controllers:path; version 2 has no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      if parts[1].isEmpty {
        limits += folders(parts[2], below: "/sys/fs/cgroup").compactMap(unified)
      } else if controllers.contains("cpu") {
        limits += ["cpu", parts[1]].flatMap { folders(parts[2], below: "/sys/fs/cgroup/\($0)") }
          .compactMap(original)
      }
    }
    return limits.min()
  }

  /// The group's folder and those above it, each of which can set a limit. Inside a container
  /// the path may be that of the host, of which only the mount's root is there.
  private func folders(_ path: Substring, below mount: String) -> [String] {
    var names = path.split(separator: "/")
    var folders = [mount]
    // A path of any length costs no more than this.
    names = Array(names.prefix(64))
    for count in stride(from: 1, through: names.count, by: 1) {
      folders.append("\(mount)/\(names[..<count].joined(separator: "/"))")
    }
    return folders
  }

  /// Version 2: `cpu.max` holds "quota period" or "max period".
  private func unified(_ folder: String) -> Double? {
    let numbers = text("\(folder)/cpu.max")?.split { $0 == " " || $0 == "\n" }.map { Double($0) }
    guard let numbers, numbers.count == 2 else { return nil }
    return share(numbers[0], of: numbers[1])
  }

  /// Version 1: two files, -1 for no limit.
  private func original(_ folder: String) -> Double? {
    share(number("\(folder)/cpu.cfs_quota_us"), of: number("\(folder)/cpu.cfs_period_us"))
  }

  private func share(_ quota: Double?, of period: Double?) -> Double? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return quota / period
  }

  private func number(_ path: String) -> Double? {
    text(path).flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private func text(_ path: String) -> String? {
    try? String(contentsOfFile: root + path, encoding: .utf8)
  }
}
