import CPUExecutor
import Foundation

/// `bench [--full]`: what share of the machine's float32 matmul peak the compiled programs
/// reach, all measured in turns in one run. Ends with 1 where a graph has grown past its
/// limit; times are reported, not judged. `--full` adds SiT-XL/2.
@main
struct Bench {
  static func main() throws {
    let isFull = Swift.CommandLine.arguments.contains("--full")
    var workloads = [
      try Workload.peak(), try Workload.predictorStep(batch: 32),
      try Workload.refinerStep(batch: 16), try Workload.inception(batch: 16),
      try Workload.solidsFeatures(batch: 50), try Workload.featureStatistics(),
      try Workload.frechetDistance(), try Workload.manifolds(),
    ]
    if isFull { workloads.append(try Workload.extraLarge()) }
    let version = CPUExecutor.libraryVersion
    print(
      "oneDNN \(version.major).\(version.minor).\(version.patch), \(CPUExecutor.threads) threads, "
        + "float32, shortest of \(rounds) turns")
    let seconds = try Stopwatch.shortest(rounds: rounds, workloads.map(\.run))
    let peak = 2 * workloads[0].multiplyAdds / seconds[0]
    print("work                  batch        ms  items/s  GFLOP/s  of peak  nodes")
    var isWithinLimits = true
    for (work, time) in zip(workloads, seconds) {
      let rate = 2 * work.multiplyAdds / time
      print(
        work.name.padding(toLength: 20, withPad: " ", startingAt: 0)
          + String(
            format: "%7d %9.2f %8.1f %8.1f %7.0f%% %6d", work.count, time * 1e3,
            Double(work.count) / time, rate / 1e9, 100 * rate / peak, work.nodes))
      if work.nodes > work.nodeLimit {
        print("\(work.name): \(work.nodes) graph nodes, more than the limit of \(work.nodeLimit)")
        isWithinLimits = false
      }
    }
    if !isWithinLimits { exit(1) }
  }

  private static let rounds = 12
}
