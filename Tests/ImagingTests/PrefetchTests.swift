import Dispatch
import Testing

@testable import Imaging

@Suite struct PrefetchTests {
  @Test func resultsAreMadeWhileTheConsumerIsBusy() {
    let made = DispatchSemaphore(value: 0)
    let prefetch = OrderedPrefetch(0..<100, workers: 2, lookahead: 5) { index in
      made.signal()
      return index
    }
    #expect(prefetch.next()?.index == 0)
    // Nobody asks for more.
    for _ in 0..<5 { #expect(made.wait(timeout: .now() + 20) == .success) }
    #expect(made.wait(timeout: .now() + 0.05) == .timedOut, "more than the bound")
  }

  @Test func aBatchIsMadeAheadOfItsTime() throws {
    var loader = try LoaderTests.loader(workers: 3)
    #expect(loader.lookahead == 6)
    loader.batch = 16
    #expect(loader.lookahead == 19)
  }
}
