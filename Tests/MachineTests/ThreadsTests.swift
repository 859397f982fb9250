import Foundation
import Synchronization
import Testing

@testable import Machine

@Suite(.serialized) struct ThreadsTests {
  @Test(
    arguments: [
      ("4", 4), ("4,2", 4), (" 3 ", 3), ("0", nil), ("-1", nil), ("many", nil), ("", nil),
      ("5000", nil), (nil, nil),
    ] as [(String?, Int?)])
  func theFirstNumberOfOpenMPsListCounts(value: String?, expected: Int?) {
    #expect(Threads.count(openMP: value) == expected)
  }

  @Test func aQuotaLimitsTheProcessorsToWholeOnes() {
    #expect(Threads.available(bound: 64, quota: nil) == 64)
    #expect(Threads.available(bound: 64, quota: 2) == 2)
    #expect(Threads.available(bound: 64, quota: 1.5) == 2)
    #expect(Threads.available(bound: 64, quota: 0.1) == 1)
    #expect(Threads.available(bound: 2, quota: 1e300) == 2)
    #expect(Threads.available >= 1)
  }

  @Test func everyIndexIsVisitedOnceByNoMoreThreadsThanAsked() {
    let before = Threads.count
    defer { Threads.use(before) }
    for threads in [1, 3] {
      Threads.use(threads)
      #expect(Threads.count == threads)
      let state = Mutex((running: 0, most: 0, visits: [Int](repeating: 0, count: 200)))
      Threads.forEach(200) { index in
        state.withLock {
          $0.running += 1
          $0.most = max($0.most, $0.running)
          $0.visits[index] += 1
        }
        usleep(50)
        state.withLock { $0.running -= 1 }
      }
      let (most, visits) = state.withLock { ($0.most, $0.visits) }
      #expect(most <= threads)
      #expect(visits.allSatisfy { $0 == 1 })
    }
    Threads.forEach(0) { _ in Issue.record("nothing to do") }
  }
}

/// Control groups as Linux shows them, in a folder of our own.
@Suite struct ProcessorQuotaTests {
  private static func quota(_ files: [String: String]) throws -> Double? {
    let root = FileManager.default.temporaryDirectory.path + "/quota-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    for (path, text) in files {
      let folder = (root + path as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try text.write(toFile: root + path, atomically: false, encoding: .utf8)
    }
    return ProcessorQuota(root: root).processors()
  }

  @Test func theSmallestLimitOfAllLevelsCounts() throws {
    let quota = try Self.quota([
      "/proc/self/cgroup": "0::/user.slice/job\n", "/sys/fs/cgroup/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/user.slice/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/user.slice/job/cpu.max": "400000 100000\n",
    ])
    #expect(quota == 1.5)
  }

  @Test func aContainersPathMayBeTheHosts() throws {
    let quota = try Self.quota([
      "/proc/self/cgroup": "0::/docker/0123\n", "/sys/fs/cgroup/cpu.max": "200000 100000\n",
    ])
    #expect(quota == 2)
  }

  @Test(arguments: ["cpu", "cpu,cpuacct"])
  func theFirstVersionHasTwoFiles(controllers: String) throws {
    let quota = try Self.quota([
      "/proc/self/cgroup": "4:memory:/\n3:\(controllers):/job\n0::/\n",
      "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "300000\n",
      "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    ])
    #expect(quota == 3)
  }

  @Test(arguments: ["", "0::", "x", "0::/\n", "1:cpu:/job\n"])
  func nothingReadableIsNoLimit(groups: String) throws {
    let quota = try Self.quota([
      "/proc/self/cgroup": groups, "/sys/fs/cgroup/cpu.max": "100000\n",
      "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "0\n",
      "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "words\n",
    ])
    #expect(quota == nil)
    #expect(try Self.quota([:]) == nil)
  }
}
