import COpenBLAS
import CPUExecutor
import TensorGraph
import Testing

/// Products at the width of SiT-XL, too large for the plain reference, against
/// OpenBLAS in double precision.
struct FullWidthProductTests {
  @Test(arguments: [(512, 1152, 4608), (64, 4608, 1152), (77, 1153, 131)])
  func linearEqualsBLAS(rows: Int, inner: Int, outer: Int) throws {
    let x = pseudoRandom(rows * inner, seed: 1)
    let weight = pseudoRandom(outer * inner, seed: 2)
    let graph = Graph()
    let input = try graph.input("x", [rows, inner])
    graph.output("y", try input.linear(weight: graph.variable("w", [outer, inner]), bias: nil))
    let variables = ["w": HostTensor(weight.map { Float($0) }, shape: [outer, inner])]
    let program = try CPUExecutor().compile(graph, variables: variables, frozen: true)
    let output = try program.run(["x": HostTensor(x.map { Float($0) }, shape: [rows, inner])])
    let found = try #require(output["y"]).array()

    var expected = [Double](repeating: 0, count: rows * outer)
    try #require(copenblas_load() == nil)
    copenblas_dgemm(
      false, true, Int32(rows), Int32(outer), Int32(inner), 1, x, Int32(inner), weight,
      Int32(inner), 0, &expected, Int32(outer))
    let largest = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
    // Terms are below 1; rounding of n single-precision terms stays far below n·ε.
    #expect(largest < Double(inner) * 0x1p-24)
  }

  /// Values in [-0.5, 0.5) that single precision holds exactly.
  private func pseudoRandom(_ count: Int, seed: UInt32) -> [Double] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Double(state >> 12) * 0x1p-20 - 0.5
    }
  }
}
