import Foundation
import Models
import TensorGraph
import Testing

@Suite struct InitialisationTests {
  private func values(_ initialisation: Initialisation, _ shape: Shape, seed: UInt64 = 1) -> [Float]
  {
    Parameter("w", shape, initialisation).initialised(seed: seed).array()
  }

  private func deviation(_ values: [Float]) -> Float {
    let mean = values.reduce(0, +) / Float(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
  }

  @Test func constantsFill() {
    #expect(values(.zeros, [3]) == [0, 0, 0])
    #expect(values(.ones, [3]) == [1, 1, 1])
  }

  @Test func normalHasItsDeviation() {
    let drawn = values(.normal(standardDeviation: 0.02), [10_000])
    #expect(abs(deviation(drawn) - 0.02) < 0.001)
    #expect(abs(drawn.reduce(0, +) / 10_000) < 0.001)
  }

  /// A uniform draw within ±b has deviation b/√3.
  @Test func uniformKeepsWithinItsBound() {
    let xavier = values(.xavierUniform, [100, 20, 5])
    let bound = (6.0 / 200).squareRoot()
    #expect(xavier.allSatisfy { abs($0) <= Float(bound) })
    #expect(abs(deviation(xavier) - Float(bound / 3.0.squareRoot())) < 0.002)

    let fanIn = values(.fanInUniform(25), [10_000])
    #expect(fanIn.allSatisfy { abs($0) <= 0.2 })
    #expect(abs(deviation(fanIn) - Float(0.2 / 3.0.squareRoot())) < 0.002)
  }

  @Test func drawsDependOnSeedAndPathAlone() {
    let a = Parameter("a", [8], .xavierUniform)
    let b = Parameter("b", [8], .xavierUniform)
    let together = [b, a].initialised(seed: 3)
    #expect(together["a"]?.array() == [a].initialised(seed: 3)["a"]?.array())
    #expect(together["a"]?.array() != together["b"]?.array())
    #expect(together["a"]?.array() != a.initialised(seed: 4).array())
  }

  /// Row 1, column 2 of a 3 × 3 grid at width 8: frequencies 1 and 1/100.
  @Test func positionTableStartsWithColumns() {
    let table = values(.sineCosinePositions(grid: 3), [1, 9, 8])
    let row = Array(table[5 * 8..<6 * 8])
    let expected = [
      sin(2.0), sin(0.02), cos(2.0), cos(0.02), sin(1.0), sin(0.01), cos(1.0), cos(0.01),
    ]
    #expect(row == expected.map { Float($0) })
  }
}
