import Configuration
import Diagnostics
import Foundation
import PipelinesTestSupport
import Synchronization
import Testing

@testable import Pipelines

@Suite struct SampleBatchesTests {
  @Test func cutAtMultiplesOfTheirSize() {
    let batches = SampleBatches(indices: 4..<11, size: 3)
    #expect(batches.count == 3)
    #expect(
      Array(batches.all) == [
        .init(drawn: 3..<6, kept: 4..<6), .init(drawn: 6..<9, kept: 6..<9),
        .init(drawn: 9..<12, kept: 9..<11),
      ])
    #expect(batches.all.map(\.keptRows) == [1..<3, 0..<3, 0..<2])
  }

  @Test func holdNothingForMillions() {
    #expect(SampleBatches(indices: 0..<100_000_000, size: 1).count == 100_000_000)
  }
}

@Suite struct GridLayoutTests {
  private func layout(_ indices: Range<Int>, classes: Int, side: Int = 64) -> GridLayout {
    GridLayout(indices: indices, width: side, height: side) { $0.map { Int32($0 % classes) } }
  }

  @Test func aRowPerClass() {
    let grid = layout(0..<5, classes: 2)
    #expect(grid.columns == 3)
    #expect(grid.cells == [0, 2, 4, 1, 3, nil])
    #expect(layout(0..<5000, classes: 10).cells.count == 160)
  }

  @Test func inOrderWhereClassesAreManyOrOne() {
    let many = layout(7..<107, classes: 1000)
    #expect(many.columns == 10)
    #expect(many.cells == (7..<107).map { $0 })
    #expect(layout(0..<4, classes: 1).columns == 2)
    #expect(layout(0..<1, classes: 1).cells == [0])
  }

  @Test func sidesAreBounded() {
    for side in [8, 64, 512, 4096, 10_000] {
      for classes in [1, 10, 1000] {
        let grid = layout(0..<50_000, classes: classes, side: side)
        let rows = (grid.cells.count + grid.columns - 1) / grid.columns
        #expect(grid.columns == 1 || grid.columns * (side + 2) <= GridLayout.maximumSide)
        #expect(rows == 1 || rows * (side + 2) <= GridLayout.maximumSide)
      }
    }
  }
}

@Suite struct BackgroundWriterTests {
  private struct Failure: Error {}

  @Test func runsJobsInOrder() throws {
    let writer = BackgroundWriter(waiting: 2)
    let log = Log()
    for number in 0..<20 { try writer.submit { log.append(number) } }
    try writer.finish()
    #expect(log.numbers == Array(0..<20))
  }

  @Test func theCallerGoesOnWhileAJobRuns() throws {
    let writer = BackgroundWriter()
    let mayEnd = DispatchSemaphore(value: 0)
    try writer.submit {
      guard mayEnd.wait(timeout: .now() + 30) == .success else { throw Failure() }
    }
    try writer.check()
    mayEnd.signal()
    try writer.finish()
  }

  @Test func anErrorStopsAllLaterJobs() throws {
    let writer = BackgroundWriter()
    let log = Log()
    #expect(throws: Failure.self) {
      try writer.submit { throw Failure() }
      for number in 0..<10 { try writer.submit { log.append(number) } }
      try writer.finish()
    }
    #expect(throws: Failure.self) { try writer.finish() }
    #expect(log.numbers.isEmpty)
  }

  private final class Log: Sendable {
    private let state = Mutex<[Int]>([])
    var numbers: [Int] { state.withLock { $0 } }
    func append(_ number: Int) { state.withLock { $0.append(number) } }
  }
}
