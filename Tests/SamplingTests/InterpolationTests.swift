import Diagnostics
import Foundation
import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

@Suite struct InterpolationTests {
  private static let table = "y_embedder.embedding_table.weight"

  /// The weights with class 2's embedding between those of 0 and 1.
  private func mixed(_ weights: [String: HostTensor], weight: Float) throws -> [String: HostTensor]
  {
    let table = try #require(weights[Self.table]).copy()
    let width = table.shape[1]
    for i in 0..<width {
      table.floats[2 * width + i] =
        (1 - weight) * table.floats[i] + weight * table.floats[width + i]
    }
    return weights.merging([Self.table: table]) { $1 }
  }

  /// A blend is the class whose embedding lies between, in predictor and refiner.
  @Test(arguments: ["H2P1R1", "euler:3", "adaptive:3", "heun21"], [1, 1.5])
  func aBlendIsTheClassBetween(plan: String, scale: Double) throws {
    let networks = try ToyNetworks()
    let blending = try networks.sampler(plan, scale: scale)
    let label = try blending.label(between: 0, and: 1, weight: 0.375)
    let found = try blending.sample(noise: networks.noise(0..<3), labels: [4, label, 0]).array()
    let reference = try Sampler(
      executor: ReferenceExecutor<Float>(),
      field: networks.field(inTwoParts: true, scale: scale),
      predictorWeights: mixed(networks.predictorWeights, weight: 0.375),
      refinerWeights: mixed(networks.refinerWeights, weight: 0.375), plan: SamplingPlan(plan))
    let expected = try reference.sample(noise: networks.noise(0..<3), labels: [4, 2, 0]).array()
    #expect(relativeDifference(found, expected) < 1e-5)
    let plain = try networks.sampler(plan, scale: scale)
      .sample(noise: networks.noise(0..<3), labels: [4, 0, 0]).array()
    #expect(relativeDifference(found, plain) > 1e-3)
  }

  @Test func blendsAreKnownByTheirNumbers() throws {
    let sampler = try ToyNetworks().sampler("H1")
    #expect(try sampler.label(between: 3, and: 4, weight: 0) == 3)
    #expect(try sampler.label(between: 3, and: 4, weight: 1) == 4)
    #expect(try sampler.label(between: 2, and: 2, weight: 0.5) == 2)
    let first = try sampler.label(between: 3, and: 4, weight: 0.5)
    #expect(Int(first) > ToyNetworks.classes)
    #expect(try sampler.label(between: 3, and: 5, weight: 0.5) == first + 1)
    #expect(try sampler.label(between: 3, and: 4, weight: 0.5) == first)
    for (a, b, weight) in [(-1, 0, 0.5), (0, 6, 0.5), (0, 1, 1.5), (0, 1, .nan)]
      as [(Int32, Int32, Float)]
    {
      #expect(throws: InputError.self) { try sampler.label(between: a, and: b, weight: weight) }
    }
    let noise = try ToyNetworks().noise(0..<1)
    #expect(throws: InputError.self) { try sampler.sample(noise: noise, labels: [first + 2]) }
    #expect(throws: InputError.self) {
      try ToyFlow.sampler("H1").label(between: 0, and: 1, weight: 0.5)
    }
  }

  @Test func slerpKeepsLengthAndMeetsBothEnds() throws {
    let (a, b): ([Float], [Float]) = ([3, 0, 4], [0, 5, 0])
    #expect(Slerp.between(a, b, 0) == a)
    #expect(Slerp.between(a, b, 1) == b)
    for u in [0.1, 0.5, 0.8] {
      let point = Slerp.between(a, b, u)
      let length = point.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(length - 5) < 1e-5)
      // The angle from a grows evenly.
      let cosine = Double(zip(a, point).reduce(0) { $0 + $1.0 * $1.1 }) / 25
      #expect(abs(acos(cosine) - u * .pi / 2) < 1e-5)
    }
    #expect(Slerp.between(a, a, 0.3) == a)
    #expect(Slerp.between([0, 0], [0, 0], 0.5) == [0, 0])
  }
}
