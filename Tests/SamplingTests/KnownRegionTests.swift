import Diagnostics
import Foundation
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

@Suite struct KnownRegionTests {
  static let plans = [
    "H4P3R2", "P4", "R3", "euler:5", "midpoint:3", "heun:3", "rk4:2", "ab2:5", "ab3:5",
    "dpm++2m:6", "unipc2:6", "sde:6", "sde-heun:6",
  ]
  private static let draws = SampleDraws(seed: 4, labels: .random, classes: ToyFlow.classes)

  private static func tensor(_ values: [Float]) -> HostTensor {
    HostTensor(values, shape: [2, values.count / 2])
  }

  private static let noise = tensor([0.5, -1, 1.5, 0.25, 2, -0.75])
  private static let data = tensor([2, 0.125, -3, 1, 0.3, 0.7])

  private func run(
    _ plan: String, mask: [Float]?, rounds: Int = 1, from start: Double = 0,
    observer: Sampler.Observer? = nil
  ) throws -> [Float] {
    let sampler = try ToyFlow.sampler(plan, scale: 1.5)
    let span = try TimeSpan(from: start, to: 1)
    let known = try mask.map {
      try KnownRegion(
        data: Self.data, noise: Self.noise, mask: Self.tensor($0), rounds: rounds)
    }
    let t = Float(start)
    let first = zip(Self.data.array(), Self.noise.array()).map { t * $0 + (1 - t) * $1 }
    return try sampler.sample(
      noise: t == 0 ? Self.noise : Self.tensor(first), labels: [0, 1],
      diffusion: Self.draws.diffusion(0..<2), over: span, known: known, observer: observer
    ).array()
  }

  /// The field acts on each element alone, so painted ones end where they end without a region.
  @Test(arguments: plans)
  func knownElementsEndAtTheData(plan: String) throws {
    let mask: [Float] = [0, 1, 1, 0, 1, 0]
    let free = try run(plan, mask: nil)
    let found = try run(plan, mask: mask)
    let data = Self.data.array()
    for i in mask.indices { #expect(found[i] == (mask[i] == 0 ? data[i] : free[i]), "\(i)") }
  }

  @Test(arguments: plans, [1, 3])
  func allKnownEndsAtTheDataWhateverTheRounds(plan: String, rounds: Int) throws {
    let found = try run(plan, mask: [Float](repeating: 0, count: 6), rounds: rounds, from: 0.2)
    #expect(found == Self.data.array())
  }

  /// What is handed on is x₁ − x₀ there, after every block.
  @Test(arguments: plans)
  func theKnownVelocityIsThatOfTheStraightPath(plan: String) throws {
    let expected = zip(Self.data.array(), Self.noise.array()).map { $0 - $1 }
    var steps = 0
    _ = try run(plan, mask: [Float](repeating: 0, count: 6)) { step in
      // Both branches.
      #expect(step.velocity.array() == expected + expected)
      steps += 1
    }
    #expect(try steps == SamplingPlan(plan).steps)
  }

  @Test func aMaskBetweenMixes() throws {
    let free = try run("euler:1", mask: nil)
    let found = try run("euler:1", mask: [Float](repeating: 0.25, count: 6))
    for (i, data) in Self.data.array().enumerated() {
      #expect(abs(found[i] - (0.25 * free[i] + 0.75 * data)) < 1e-5)
    }
  }

  /// For normal data the velocity is known: rounds with fresh noise leave their distribution as it
  /// is, and give other samples.
  @Test(arguments: ["H20", "H4P16", "heun:20", "ab2:32", "unipc2:24"])
  func roundsKeepTheDistribution(plan: String) throws {
    let deviation = 2.0
    let field = VelocityField(
      guidance: Guidance(scale: 1, nullClass: 1),
      predictor: { x, t, _ in
        let s = Float(deviation * deviation)
        let left = try 1 - t
        let slope = try (s * t - left) / (s * (t * t) + left * left)  // (R)
        return try x * slope.reshaped([t.shape[0], 1])
      })
    let count = 3000
    let noise = Self.draws.noise(0..<count, shape: [1])
    func spread(_ rounds: Int) throws -> (values: [Float], deviation: Double) {
      let sampler = try Sampler(
        executor: ReferenceExecutor<Float>(), field: field, predictorWeights: [:],
        plan: SamplingPlan(plan))
      let white = HostTensor([Float](repeating: 1, count: count), shape: [count, 1])
      let values = try sampler.sample(
        noise: noise, labels: Array(repeating: 0, count: count),
        diffusion: Self.draws.diffusion(0..<count),
        known: KnownRegion(data: noise, noise: noise, mask: white, rounds: rounds)
      ).array()
      let squares = values.reduce(0) { $0 + Double($1) * Double($1) }
      return (values, (squares / Double(count)).squareRoot())
    }
    let (once, thrice) = (try spread(1), try spread(3))
    #expect(abs(once.deviation - deviation) < 0.12, "\(once.deviation)")
    #expect(abs(thrice.deviation - deviation) < 0.16, "\(thrice.deviation)")
    #expect(once.values != thrice.values)
  }

  @Test(arguments: ["H2P2R1", "H1R1P1", "P3", "rk4:2", "ab3:3"])
  func evaluationsOfRoundsAreCounted(plan: String) throws {
    let sampler = try ToyFlow.sampler(plan, scale: 1.5)
    for (start, rounds) in [(0.0, 1), (0, 3), (0.5, 3)] {
      let span = try TimeSpan(from: start, to: 1)
      let before = sampler.evaluations
      _ = try sampler.sample(
        noise: Self.noise, labels: [0, 1], diffusion: Self.draws.diffusion(0..<2), over: span,
        known: KnownRegion(data: Self.data, noise: Self.noise, mask: Self.noise, rounds: rounds))
      let expected = try #require(
        try sampler.evaluations(latentShape: [3], over: span, rounds: rounds))
      #expect(sampler.evaluations.predictor - before.predictor == expected.predictor)
      #expect(sampler.evaluations.refiner - before.refiner == expected.refiner)
      if rounds == 1 { #expect(expected == sampler.plan.evaluations()) }
    }
  }

  /// Networks in two parts have their modulations at the times of new velocities, too, and all
  /// classes of plan end at the data.
  @Test(arguments: ["H2R1P2", "P2R2P1", "unipc2:4"])
  func roundsRunOnNetworks(plan: String) throws {
    let networks = try ToyNetworks()
    let sampler = try networks.sampler(plan)
    let (noise, data) = (networks.noise(0..<2), networks.noise(2..<4))
    let mask = HostTensor(
      (0..<noise.shape.elementCount).map { Float($0 % 2) }, shape: noise.shape)
    let found = try sampler.sample(
      noise: noise, labels: [1, 2], diffusion: networks.diffusion(0..<2),
      known: KnownRegion(data: data, noise: noise, mask: mask, rounds: 3)
    ).array()
    let expected = data.array()
    for i in stride(from: 0, to: found.count, by: 2) { #expect(found[i] == expected[i]) }
    #expect(found.allSatisfy(\.isFinite) && found != expected)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    #expect(throws: InputError.self) {
      try KnownRegion(data: Self.data, noise: Self.noise, mask: ToyFlow.column([1]))
    }
    #expect(throws: InvalidField.self) {
      try KnownRegion(data: Self.data, noise: Self.noise, mask: Self.noise, rounds: 0)
    }
    let known = try KnownRegion(data: Self.data, noise: Self.noise, mask: Self.noise, rounds: 2)
    let sampler = try ToyFlow.sampler("H2")
    let draws = Self.draws.diffusion(0..<2)
    #expect(throws: InputError.self) {
      try sampler.sample(noise: Self.noise, labels: [0, 1], known: known)
    }
    #expect(throws: InputError.self) {
      try sampler.sample(
        noise: ToyFlow.column([1, 2]), labels: [0, 1], diffusion: draws, known: known)
    }
    #expect(throws: InvalidField.self) {
      try ToyFlow.sampler("dopri5").sample(
        noise: Self.noise, labels: [0, 1], diffusion: draws, known: known)
    }
  }
}
