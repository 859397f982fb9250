import CPUExecutor
import Foundation

/// What the numbers depend on, without what would tell whose machine it is.
struct Machine: Codable {
  let processor: String
  let cores: Int
  let threads: Int
  /// Those of the processor's abilities that products can use.
  let instructionSets: [String]
  let memoryBytes: UInt64
  let oneDNN: String
  /// How threads wait, which OpenMP reads at the start.
  let waitPolicy: String

  static var current: Machine {
    let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    func field(_ key: String) -> String? {
      information.split(separator: "\n").first { $0.hasPrefix(key) }?
        .split(separator: ":", maxSplits: 1).dropFirst().first?
        .trimmingCharacters(in: .whitespaces)
    }
    let flags = Set((field("flags") ?? "").split(separator: " ").map(String.init))
    let sets = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"]
    let version = CPUExecutor.libraryVersion
    let identity = [
      field("cpu family").map { "family \($0)" }, field("model\t").map { "model \($0)" },
    ]
    return Machine(
      processor: ([field("model name") ?? "unknown"] + identity.compactMap(\.self))
        .joined(separator: ", "),
      cores: ProcessInfo.processInfo.activeProcessorCount, threads: CPUExecutor.threads,
      instructionSets: sets.filter(flags.contains),
      memoryBytes: ProcessInfo.processInfo.physicalMemory,
      oneDNN: "\(version.major).\(version.minor).\(version.patch)",
      waitPolicy: ProcessInfo.processInfo.environment["OMP_WAIT_POLICY"] ?? "default")
  }
}
