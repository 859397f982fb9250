import CPUExecutor
import Randomness
import TensorGraph
import Testing

/// Attention whose scores do not fit into memory at once.
struct AttentionTileTests {
  /// Images in two products; and rows of one image in two.
  @Test(arguments: [[3, 2400], [1, 4160]])
  func tilesEqualTheWhole(size: [Int]) throws {
    let (images, tokens, width) = (size[0], size[1], 4)
    let graph = Graph()
    let qkv = try graph.input("qkv", [images, tokens, 3 * width])
    graph.output("tiles", try qkv.attention(heads: 1))
    let parts = try qkv.split(3, axis: 2)  // 3 × (B, T, width)
    let scores =
      try parts[0].matmul(parts[1], transposeRight: true) * (1 / Float(width).squareRoot())
    let weights = try scores.exponential()
    let sums = try weights.sum([2]).reshaped([images, tokens, 1])
    graph.output("whole", try weights.matmul(parts[2]) / sums)
    let program = try CPUExecutor().compile(graph, variables: [:], frozen: true)
    var stream = RandomStream(seed: 3, purpose: .noise, index: 0)
    let values = (0..<images * tokens * 3 * width).map { _ in stream.normal() }
    let results = try program.run(["qkv": HostTensor(values, shape: qkv.shape)])
    let pairs = zip(
      try #require(results["tiles"]?.array()), try #require(results["whole"]?.array()))
    let largest = pairs.map { abs($0 - $1) }.max() ?? .infinity
    #expect(largest < 2e-6)
  }

  @Test func memoryDoesNotGrowWithTheSquareOfTheTokens() throws {
    func memory(tokens: Int) throws -> Int {
      let graph = Graph()
      graph.output("y", try graph.input("qkv", [1, tokens, 192]).attention(heads: 1))
      return try CPUExecutor.workingMemory(of: graph, frozen: true)
    }
    let growth = Double(try memory(tokens: 32768)) / Double(try memory(tokens: 16384))
    #expect(growth < 2)
  }
}
