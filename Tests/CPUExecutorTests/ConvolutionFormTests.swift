import Randomness
import TensorGraph
import Testing

@testable import CPUExecutor

/// The forms that frozen convolutions are brought into; that their numbers are right is tested
/// with all other operations.
struct ConvolutionFormTests {
  private static func normal(_ shape: Shape, index: UInt64) -> HostTensor {
    var stream = RandomStream(seed: 7, purpose: .noise, index: index)
    return HostTensor((0..<shape.elementCount).map { _ in stream.normal() }, shape: shape)
  }

  /// An image through a 3 × 3 convolution of `channels`, which keeps their number.
  private func program(
    _ image: Shape, weight: HostTensor, upsampling: Int = 1, _ precision: Precision = .float32
  ) throws -> any Program {
    let graph = Graph()
    let x = try graph.input("x", image)
    let large = upsampling == 1 ? x : try x.upsampledNearest(upsampling)
    graph.output(
      "y",
      try large.convolution(
        weight: graph.variable("w", weight.shape), bias: nil,
        ConvolutionGeometry(before: 1, after: 1)))
    return try CPUExecutor(precision: precision).compile(
      graph, variables: ["w": weight], frozen: true)
  }

  @Test func transformedWeightsAreShared() throws {
    let weight = Self.normal([16, 16, 3, 3], index: 0)
    let address = try #require(weight.bytes.baseAddress)
    let programs = try [32, 64].map { try program([1, $0, 32, 16], weight: weight) }
    #expect(PackedWeight.count(of: address) == 1)
    withExtendedLifetime(programs) {}
  }

  @Test func foldedUpsamplingHasFourWeights() throws {
    let weight = Self.normal([24, 24, 3, 3], index: 1)
    let address = try #require(weight.bytes.baseAddress)
    let programs = try [4, 8].map { try program([1, $0, 8, 24], weight: weight, upsampling: 2) }
    #expect(PackedWeight.count(of: address) == 4)
    withExtendedLifetime(programs) {}
  }

  @Test(arguments: [1, 2])
  func numbersDoNotDependOnThreads(upsampling: Int) throws {
    let image: Shape = [1, 40, 36, 16]
    let (x, weight) = (Self.normal(image, index: 2), Self.normal([32, 16, 3, 3], index: 3))
    func result(threads: Int) throws -> [Float]? {
      let before = CPUExecutor.threads
      CPUExecutor.threads = threads
      defer { CPUExecutor.threads = before }
      return try program(image, weight: weight, upsampling: upsampling).run(["x": x])["y"]?.array()
    }
    let alone = try #require(try result(threads: 1))
    #expect(try result(threads: 2) == alone)
    #expect(try result(threads: 3) == alone)
  }

  /// Sums of taps are rounded once more than taps; in bfloat16 that is what counts.
  @Test func foldedEqualsUnfoldedWithinRounding() throws {
    let image: Shape = [1, 9, 11, 24]
    let (x, weight) = (Self.normal(image, index: 4), Self.normal([8, 24, 3, 3], index: 5))
    let graph = Graph()
    let large = try graph.input("x", image).upsampledNearest(2)
    let y = try large.convolution(
      weight: graph.variable("w", weight.shape), bias: nil,
      ConvolutionGeometry(before: 1, after: 1))
    graph.output("y", y)
    // A second reader: what is read twice is not folded away.
    graph.output("large", large)
    for (precision, tolerance) in [(Precision.float32, 2e-6), (.bfloat16, 8e-3)] {
      let unfolded = try CPUExecutor(precision: precision).compile(
        graph, variables: ["w": weight], frozen: true
      ).run(["x": x])["y"]?.array()
      let folded = try program(image, weight: weight, upsampling: 2, precision).run(["x": x])["y"]?
        .array()
      let pairs = zip(try #require(folded), try #require(unfolded))
      let (error, square) = pairs.reduce((0.0, 0.0)) { sums, pair in
        let difference = Double(pair.0 - pair.1)
        return (sums.0 + difference * difference, sums.1 + Double(pair.1 * pair.1))
      }
      #expect((error / square).squareRoot() < tolerance, "\(precision)")
    }
  }
}
