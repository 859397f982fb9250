import TensorGraph
import Testing

@testable import CPUExecutor

struct PackedWeightTests {
  private static let width = 512

  /// x · wᵀ for a batch of `rows`, w frozen.
  private func program(rows: Int, _ w: HostTensor) throws -> any Program {
    let graph = Graph()
    let x = try graph.input("x", [rows, Self.width])
    graph.output(
      "y", try x.linear(weight: graph.variable("w", [Self.width, Self.width]), bias: nil))
    return try CPUExecutor().compile(graph, variables: ["w": w], frozen: true)
  }

  private func weight(_ value: Float) -> HostTensor {
    HostTensor(
      [Float](repeating: value, count: Self.width * Self.width), shape: [Self.width, Self.width])
  }

  private func row(_ program: any Program, rows: Int) throws -> Float? {
    let x = HostTensor(
      [Float](repeating: 1, count: rows * Self.width), shape: [rows, Self.width])
    return try program.run(["x": x])["y"]?.array().first
  }

  @Test func programsThatLiveTogetherShareOne() throws {
    let w = weight(2)
    let address = try #require(w.bytes.baseAddress)
    var first: (any Program)? = try program(rows: 64, w)
    try #require(PackedWeight.count(of: address) == 1, "this width is packed")
    var second: (any Program)? = try program(rows: 64, w)
    #expect(PackedWeight.count(of: address) == 1)
    #expect(try second.map { try row($0, rows: 64) } == 1024)
    first = nil
    #expect(PackedWeight.count(of: address) == 1)
    #expect(try second.map { try row($0, rows: 64) } == 1024)
    second = nil
    #expect(PackedWeight.count(of: address) == 0)
    _ = first
    // Once no program has promised that it stands still, the weight may change.
    w.copyContents(of: weight(3))
    #expect(try row(program(rows: 64, w), rows: 64) == 1536)
  }

  @Test func otherWeightsHaveTheirOwn() throws {
    let (a, b) = (weight(1), weight(2))
    let programs = try [program(rows: 8, a), program(rows: 8, b)]
    #expect(try row(programs[0], rows: 8) == 512)
    #expect(try row(programs[1], rows: 8) == 1024)
  }
}
