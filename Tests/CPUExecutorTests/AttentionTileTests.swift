import CPUExecutor
import Randomness
import TensorGraph
import Testing

/// Attention whose scores do not fit into memory at once.
struct AttentionTileTests {
  /// Images in two products; and rows of one image in two.
  @Test(arguments: [[3, 1000], [1, 1600]])
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
    #expect(try memory(tokens: 32768) <= 2 * memory(tokens: 16384))
    #expect(try memory(tokens: 8192) <= 4 * memory(tokens: 2048))
  }

  /// Images in two parts, the last with one.
  @Test func gradientsOfPartsEqualThoseOfImagesAlone() throws {
    let (images, tokens, width) = (3, 1000, 4)
    func gradients(_ values: [Float], images: Int) throws -> [Float] {
      let graph = Graph()
      let qkv = try graph.input("qkv", [images, tokens, 3 * width])
      let y = try qkv.attention(heads: 1)
      let loss = try (y * y).sum([0, 1, 2])
      graph.output("gradient", try loss.gradients(withRespectTo: [qkv])[0])
      let program = try CPUExecutor().compile(graph, variables: [:], frozen: true)
      let results = try program.run(["qkv": HostTensor(values, shape: qkv.shape)])
      return try #require(results["gradient"]?.array())
    }
    var stream = RandomStream(seed: 4, purpose: .noise, index: 0)
    let size = tokens * 3 * width
    let values = (0..<images * size).map { _ in stream.normal() }
    let whole = try gradients(values, images: images)
    for image in 0..<images {
      let rows = image * size..<(image + 1) * size
      let alone = try gradients(Array(values[rows]), images: 1)
      let largest = zip(whole[rows], alone).map { abs($0 - $1) }.max() ?? .infinity
      #expect(largest < 1e-6)
    }
  }
}
