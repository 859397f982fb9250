import Diagnostics
import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

/// What depends on time and class alone, computed before a plan's steps.
@Suite struct ConditioningTests {
  private static let tolerance = 1e-5

  @Test(
    arguments: ["H2P2R2", "P2", "R2", "[H1P1R1]x2", "euler:3", "heun:2"], RefinerVariant.allCases)
  func resultsAreThoseOfWholeNetworks(plan: String, variant: RefinerVariant) throws {
    let networks = try ToyNetworks()
    for channels in GuidanceChannels.allCases {
      for scale in [1, 1.5] {
        func latents(inTwoParts: Bool) throws -> [Float] {
          try networks.sampler(
            plan, inTwoParts: inTwoParts, scale: scale, channels: channels, variant: variant
          ).sample(noise: networks.noise(0..<3), labels: [4, 0, 4]).array()
        }
        let difference = relativeDifference(
          try latents(inTwoParts: true), try latents(inTwoParts: false))
        #expect(difference < Self.tolerance, "\(channels) at scale \(scale): \(difference)")
      }
    }
  }

  @Test(arguments: ["midpoint:2", "rk4:1", "ab2:3", "ab3:3", "dpm++2m:3", "unipc2:3", "sde:3"])
  func solversGiveThoseOfWholeNetworks(plan: String) throws {
    let networks = try ToyNetworks()
    func latents(inTwoParts: Bool) throws -> [Float] {
      try networks.sampler(plan, inTwoParts: inTwoParts).sample(
        noise: networks.noise(0..<3), labels: [4, 0, 4], diffusion: networks.diffusion(0..<3)
      ).array()
    }
    let difference = relativeDifference(
      try latents(inTwoParts: true), try latents(inTwoParts: false))
    #expect(difference < Self.tolerance, "\(difference)")
  }

  /// Every row has its own latents and label, the null label in any place.
  @Test func rowsOfBothBranchesMayDiffer() throws {
    let networks = try ToyNetworks()
    let labels: [Int32] = [1, 5, 3, 0]
    func rows(inTwoParts: Bool) throws -> [Float] {
      try networks.sampler("H1R1", inTwoParts: inTwoParts)
        .integrate(from: networks.noise(0..<4), labels: labels).array()
    }
    let difference = relativeDifference(
      try rows(inTwoParts: true), try rows(inTwoParts: false))
    #expect(difference < Self.tolerance)
  }

  @Test func theDifferenceIsSeen() throws {
    let networks = try ToyNetworks()
    func latents(_ label: Int32) throws -> [Float] {
      try networks.sampler("H2R1").sample(noise: networks.noise(0..<1), labels: [label]).array()
    }
    #expect(relativeDifference(try latents(1), try latents(2)) > 1e-3)
  }

  @Test func samplesDoNotDependOnTheOtherClassesInTheirBatch() throws {
    let networks = try ToyNetworks()
    let labels: [Int32] = [3, 1, 4, 1, 0, 2]
    let sampler = try networks.sampler("H1P1R1")
    let together = try sampler.sample(noise: networks.noise(0..<6), labels: labels).array()
    let length = together.count / 6
    for (row, label) in labels.enumerated() {
      let alone = try networks.sampler("H1P1R1")
        .sample(noise: networks.noise(row..<row + 1), labels: [label]).array()
      let part = Array(together[row * length..<(row + 1) * length])
      #expect(relativeDifference(part, alone) < Self.tolerance, "row \(row)")
    }
  }

  /// A resumed run starts without what earlier batches left, and gives the same bytes.
  @Test func earlierBatchesLeaveNoTrace() throws {
    let networks = try ToyNetworks()
    let long = try networks.sampler("H1R1")
    _ = try long.sample(noise: networks.noise(0..<3), labels: [0, 1, 2])
    let second = try long.sample(noise: networks.noise(3..<6), labels: [2, 3, 1])
    let resumed = try networks.sampler("H1R1")
      .sample(noise: networks.noise(3..<6), labels: [2, 3, 1])
    #expect(second.array() == resumed.array())
  }

  /// One product for the null class and one for the others of a batch, by each network.
  @Test func modulationsAreComputedOnce() throws {
    let networks = try ToyNetworks()
    let recorder = RecordingExecutor()
    let sampler = try networks.sampler("H2P2R2", executor: recorder)
    func sample(_ labels: [Int32]) throws -> [[Int32]] {
      let before = recorder.conditioned.count
      _ = try sampler.sample(noise: networks.noise(0..<labels.count), labels: labels)
      return Array(recorder.conditioned.dropFirst(before))
    }
    let first = try sample([3, 0, 3])
    #expect(first.count == 4)
    #expect(first.filter { $0 == [5] }.count == 2)
    #expect(first.filter { $0 == [0, 3] }.count == 2)
    // Another order, number or batch of the same classes is known.
    #expect(try sample([0, 3]) == [])
    #expect(try sample([0, 0, 3, 0]) == [])
    // Other classes take a product of their own; the null class takes none.
    #expect(try sample([0, 4, 3]) == [[0, 3, 4], [0, 3, 4]])
    #expect(try sample([3, 0]) == [])
  }

  /// All times of the plan are in it, each once.
  @Test(arguments: [
    ("H8", 9), ("euler:4", 4), ("H1P5R3", 7), ("P3", 4), ("rk4:2", 5), ("midpoint:2", 4),
    ("ab3:4", 4), ("unipc2:4", 4),
  ])
  func aProductHoldsEveryTimeOnce(plan: (name: String, times: Int)) throws {
    let networks = try ToyNetworks()
    let recorder = RecordingExecutor()
    let sampler = try networks.sampler(plan.name, scale: 1, executor: recorder)
    _ = try sampler.sample(noise: networks.noise(0..<1), labels: [2])
    let times = try #require(recorder.runs.first { $0.inputs["times"]?.shape == [plan.times] })
    #expect(Set(times.inputs["times"]?.array() ?? []).count == plan.times)
  }

  /// At scale 1 there is no null branch to compute anything for.
  @Test func oneBranchHasNoNullClass() throws {
    let networks = try ToyNetworks()
    let recorder = RecordingExecutor()
    let sampler = try networks.sampler("H2", scale: 1, executor: recorder)
    _ = try sampler.sample(noise: networks.noise(0..<2), labels: [1, 2])
    #expect(recorder.conditioned == [[1, 2]])
  }

  /// The weights of the modulations are in no program that stays, so they are not packed.
  @Test func blocksReadNoWeightsOfTheConditioning() throws {
    let networks = try ToyNetworks()
    let recorder = RecordingExecutor()
    let sampler = try networks.sampler("H1P1R1", executor: recorder)
    _ = try sampler.sample(noise: networks.noise(0..<2), labels: [1, 2])
    let conditioning = Set(
      networks.predictor.conditioningParameters.map { "predictor/\($0.path)" }
        + networks.refiner.network.conditioningParameters.map { "refiner/\($0.path)" })
    let all = Set(
      networks.predictor.parameters.map { "predictor/\($0.path)" }
        + networks.refiner.parameters.map { "refiner/\($0.path)" })
    #expect(recorder.blockVariables == all.subtracting(conditioning))
    for (graph, frozen) in recorder.graphs {
      #expect(frozen == (graph.outputs.map(\.name) != ["modulations"]))
    }
  }

  /// Work is the arithmetic of the configurations, conditioning once per class and not per step.
  @Test func workIsCountedOnce() throws {
    let networks = try ToyNetworks()
    let sampler = try networks.sampler("H1P1R2")
    let work = try sampler.work(latentShape: [4, 4, 4], labels: [3, 1, 3])
    let (predictor, refiner) = (
      networks.predictor.configuration, networks.refiner.configuration
    )
    func evaluation(_ network: SiTConfiguration) -> Double {
      network.multiplyAdds - network.conditioningMultiplyAdds
    }
    // Both branches of a predictor share the embedding of their patches: T·p²·C·D.
    let shared = Double(predictor.tokens * 4 * 4 * predictor.hiddenSize)
    #expect(
      work.blocks
        == 3 * (3 * (2 * evaluation(predictor) - shared) + 4 * 2 * evaluation(refiner)))
    // Three times each: those of H and P, and from the second R's start to the last's end.
    func conditioning(_ labels: Double) -> Double {
      [predictor, refiner].reduce(0) { sum, network in
        let rows = Double(network.modulationSize * network.hiddenSize)
        let embedder = network.conditioningMultiplyAdds - rows
        return sum + 3 * (embedder + labels * rows)
      }
    }
    #expect(work.nullModulations == conditioning(1))
    #expect(work.classModulations == conditioning(2))
    let sizes = predictor.modulationSize + refiner.modulationSize
    #expect(work.modulationBytes(batches: 1) == 4 * 3 * 3 * sizes)
    #expect(work.modulationBytes(batches: 3) == 4 * 3 * (3 + 2 * 2) * sizes)
    #expect(
      work.modulationBytes(batches: .max) == 4 * 3 * 3 * sizes
        + 2 * ModulationTable.defaultCapacity)
    #expect(work.programs.count == 3)
  }
}
