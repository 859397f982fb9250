import Foundation
import Synchronization
import Testing

@testable import Pipelines

@Suite struct EstimateTests {
  @Test func durationsEndAtAYear() {
    #expect(Amounts.duration(750) == "0:12:30")
    #expect(Amounts.duration(365 * 24 * 3600) == "8760:00:00")
    #expect(Amounts.duration(1e30) == "more than a year")
    #expect(Amounts.duration(.infinity) == "more than a year")
  }

  @Test func tooMuchMemoryIsAWarningThatNamesBoth() {
    let warnings = Mutex<[String]>([])
    let observe: PipelineObserver = { event in
      if case .warning(let text) = event { warnings.withLock { $0.append(text) } }
    }
    warnOfMemory(1 << 30, available: 1 << 30, to: observe)
    #expect(warnings.withLock { $0 } == [])
    warnOfMemory(3 << 30, available: 2 << 30, to: observe)
    #expect(
      warnings.withLock { $0 } == [
        "needs about 3 GiB of memory, this machine has 2 GiB: expect it to swap or to be killed"
      ])
  }
}
