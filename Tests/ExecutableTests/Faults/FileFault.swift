import Foundation

/// What a program meets at its n-th operation on files, by the library of `Tests/FaultShim` that
/// is preloaded into it.
struct FileFault: CustomStringConvertible {
  enum Action: String, CaseIterable {
    case kill
    case terminate = "term"
    case interrupt = "int"
    case interruptTwice = "int2"
    case stop
    /// Stops before this operation and before each one after it.
    case steps
    case fullDisk = "full"
    case failingFlush = "sync"
  }

  enum Operations: String {
    /// Files are created, written, cut, flushed, renamed, removed.
    case changes
    /// Files are opened to be read, read and mapped.
    case reads
  }

  var action: Action
  /// Counted from 1; it acts before this one.
  var place: Int
  var operations = Operations.changes

  var description: String { "\(action.rawValue) before operation \(place) of \(operations)" }

  var environment: [String: String] {
    [
      "LD_PRELOAD": Self.library, "FAULT_SHIM_DO": action.rawValue, "FAULT_SHIM_AT": "\(place)",
      "FAULT_SHIM_OF": operations.rawValue,
    ]
  }

  /// Counts operations, and does nothing else.
  /// - Parameters:
  ///   - count: the file that takes their number.
  ///   - trace: the file that takes a line for each change.
  static func counting(
    _ operations: Operations, to count: String, trace: String? = nil
  ) -> [String: String] {
    var environment = [
      "LD_PRELOAD": library, "FAULT_SHIM_OF": operations.rawValue, "FAULT_SHIM_COUNT": count,
    ]
    environment["FAULT_SHIM_TRACE"] = trace
    return environment
  }

  /// The library, built beside the tests.
  private static let library = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("libfault-shim.so").path
}

/// Numbers that are the same in every run of a test; `FAULT_SEED` gives others.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ purpose: String) {
    let seed = ProcessInfo.processInfo.environment["FAULT_SEED"].flatMap(UInt64.init) ?? 8
    // FNV-1a, as Swift's own hashes differ from run to run.
    state = purpose.utf8.reduce(14_695_981_039_346_656_037 ^ seed) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
  }

  /// SplitMix64 (Steele, Lea and Flood 2014).
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
