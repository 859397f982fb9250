import CPUExecutor
import Machine
import Testing

@testable import Pipelines

@Suite struct ProcessorsTests {
  /// Both pools have the number that was asked for, and then the one before again.
  @Test func everyPoolTakesTheNumber() {
    let before = (Threads.count, CPUExecutor.threads)
    defer {
      Threads.use(before.0)
      CPUExecutor.threads = before.1
    }
    Processors.use(threads: 3)
    #expect(Threads.count == 3)
    #expect(CPUExecutor.threads == 3)
    Processors.use(threads: nil)
    #expect(CPUExecutor.threads == 3)
    #expect(Processors.range == 1...1024)
  }
}
