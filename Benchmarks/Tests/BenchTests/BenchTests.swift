import Foundation
import TensorGraph
import Testing

@testable import bench

@Suite struct BenchTests {
  /// A product of 64 × 64 matrices.
  private func tiny() -> Row {
    Row(name: "tiny", title: "Tiny product", count: 3, targets: [.float32: 0.5]) { precision in
      let graph = Graph()
      let x = try graph.input("x", [64, 64])
      graph.output("y", try x.linear(weight: graph.variable("w", [64, 64]), bias: nil))
      return try Plan(
        graph, variables: ["w": .normals([64, 64])], inputs: ["x": .normals([64, 64])],
        nodeLimit: 3, precision: precision)
    }
  }

  @Test func rowsAreMeasuredBesideThePeak() throws {
    var bench = try Bench(.float32, rounds: 2)
    let measurement = try bench.measure(tiny())
    #expect(measurement.multiplyAdds == 64 * 64 * 64)
    #expect(measurement.nodes == 3)
    #expect(measurement.weightBytes == 4 * 64 * 64)
    #expect(measurement.arenaBytes >= 2 * 4 * 64 * 64)
    #expect(measurement.target == 0.5)
    #expect(measurement.seconds.median > 0)
    #expect((0..<1.5).contains(measurement.share.median))
    // 3 to warm up, one before the row and one after each round.
    #expect(bench.peaks.count == 6)
    #expect(Table.cells(measurement).count == Table.header.count)

    var report = Report(machine: .current, date: "today", rounds: 2)
    report.rows = [measurement]
    let read = try JSONDecoder().decode(Report.self, from: report.json())
    #expect(read.rows[0].seconds == measurement.seconds)
    #expect(read.machine.cores > 0)
  }

  @Test func profilesNameOperations() throws {
    let profile = try OperationProfile(tiny(), .float32, runs: 2) { 1e12 }
    let linear = try #require(profile.entries.first { $0.operation == "linear" })
    #expect(linear.calls == 1)
    #expect(linear.multiplyAdds == 64 * 64 * 64)
    #expect(linear.shapes == "[64, 64] [64, 64]")
    #expect(profile.table(limit: 0).map(\.count) == [7, 7, 7])
  }

  @Test func spreadsAreQuartiles() {
    let spread = Spread([4, 1, 3, 2, 5])
    #expect(spread.median == 3)
    #expect(spread.low == 2)
    #expect(spread.high == 4)
    #expect(spread.smallest == 1)
    #expect(Spread([1, 2]).median == 1.5)
  }

  @Test func exponentsAreThoseOfPowers() throws {
    let square = [1, 2, 4, 10].map { (x: Double($0), y: 3 * Double($0 * $0)) }
    let exponent = try #require(PowerLaw.exponent(square))
    #expect(abs(exponent - 2) < 1e-12)
    #expect(PowerLaw.exponent([(1, 1)]) == nil)
    #expect(PowerLaw.exponent([(2, 1), (2, 5)]) == nil)
  }

  @Test func columnsLineUp() {
    let lines = Table.lines([["a", "bb"], ["ccc", "d"]])
    #expect(lines == ["a    bb", "ccc   d"])
  }

  @Test func rowsHaveNamesOfTheirOwn() {
    let names = Rows.all(WeightCache()).map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.contains("h1p5r3-xl-2"))
  }
}
