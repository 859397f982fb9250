import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

/// Likelihoods under a SiT.
@Suite struct NetworkLikelihoodTests {
  private let networks: ToyNetworks
  private let shape: Shape = [4, 4, 4]

  init() throws { networks = try ToyNetworks() }

  private func estimator(
    _ plan: String, _ trace: TraceEstimator, scale: Double = 1, inTwoParts: Bool = true,
    tolerance: Double = 1e-4,
    executor: any Executor = ReferenceExecutor<Float>()
  ) throws -> LikelihoodEstimator {
    try LikelihoodEstimator(
      executor: executor, field: networks.field(inTwoParts: inTwoParts, scale: scale),
      weights: networks.predictorWeights, latentShape: shape,
      options: KnownDensities.options(plan, trace, tolerance: tolerance))
  }

  /// ∇·v at data by central differences along every axis: guidance and the channel that it
  /// leaves alone included.
  private func divergence(_ x: [Float], label: Int32, scale: Double) throws -> Double {
    let (d, h) = (x.count, Float(0.01))
    let rows = 2 * d
    let guidance = Guidance(scale: scale, nullClass: ToyNetworks.classes)
    let graph = Graph()
    let points = try graph.input("x", Shape([rows] + shape.dimensions))
    let (t, labels) = try (
      graph.input("t", [rows * guidance.branches]),
      graph.input("labels", [rows * guidance.branches], .int32)
    )
    // `Guidance` takes both halves' rows.
    let both = guidance.branches == 2 ? try points.concatenated(with: points, axis: 0) : points
    let v = try guidance(both) { try networks.predictor($0, t: t, labels: labels) }
    graph.output("v", try v.slice(axis: 0, 0..<rows))
    let program = try ReferenceExecutor<Double>().compile(
      graph, variables: networks.predictorWeights, frozen: true)
    var moved: [Float] = []
    for i in 0..<d {
      for step in [h, -h] {
        var point = x
        point[i] += step
        moved += point
      }
    }
    let classes =
      Array(repeating: label, count: rows)
      + Array(
        repeating: Int32(ToyNetworks.classes), count: rows * (guidance.branches - 1))
    let outputs = try program.run([
      "x": HostTensor(moved, shape: points.shape),
      "t": HostTensor([Float](repeating: 1, count: classes.count), shape: [classes.count]),
      "labels": HostTensor(classes, shape: [classes.count]),
    ])
    let values = try #require(outputs["v"]).array()
    var sum = 0.0
    for i in 0..<d {
      let (ahead, behind) = (values[2 * i * d + i], values[(2 * i + 1) * d + i])
      sum += Double(ahead - behind) / Double(2 * h)
    }
    return sum
  }

  /// One Euler step takes the divergence at the data.
  @Test(arguments: [1.0, 1.5])
  func theTraceIsThatOfFiniteDifferences(scale: Double) throws {
    let x = networks.noise(7..<8)
    let found = try estimator("euler:1", .exact, scale: scale)(
      x, labels: [2], probes: ProbeDraws(seed: 0), indices: [7])
    let expected = try divergence(x.array(), label: 2, scale: scale)
    #expect(abs(expected) > 0.1)
    #expect(
      abs(found[0].divergence - expected) < 2e-3 * max(1, abs(expected)),
      "\(found[0].divergence) for \(expected)")
  }

  @Test(arguments: ProbeDistribution.allCases)
  func probesMeanTheExactTrace(distribution: ProbeDistribution) throws {
    let x = networks.noise(0..<1)
    let exact = try estimator("euler:1", .exact)(
      x, labels: [1], probes: ProbeDraws(seed: 0), indices: [0])[0]
    let found = try estimator("euler:1", .hutchinson(distribution, probes: 64))(
      x, labels: [1], probes: ProbeDraws(seed: 0), indices: [0])[0]
    let error = try #require(found.divergenceError)
    #expect(error > 0)
    #expect(abs(found.divergence - exact.divergence) < 4 * error)
    #expect(abs(found.logPrior - exact.logPrior) < 1e-4)
  }

  @Test(arguments: [1.0, 1.5])
  func networksInTwoPartsAreWholeOnes(scale: Double) throws {
    let x = networks.noise(0..<2)
    for plan in ["rk4:1", "dopri5"] {
      let found = try [true, false].map { inTwoParts in
        try estimator(
          plan, .hutchinson(.gaussian, probes: 1), scale: scale, inTwoParts: inTwoParts,
          tolerance: 1e-2
        )(x, labels: [1, 4], probes: ProbeDraws(seed: 3), indices: [0, 1])
      }
      for (two, whole) in zip(found[0], found[1]) {
        #expect(abs(two.logPrior - whole.logPrior) < 1e-2, "\(plan): \(two) \(whole)")
        #expect(abs(two.divergence - whole.divergence) < 1e-2, "\(plan): \(two) \(whole)")
      }
    }
  }

  /// A sample's number decides its probes, not its place; with steps of its own, it keeps
  /// them when others leave the batch.
  @Test(arguments: ["rk4:2", "bs3"], [1.0, 1.5])
  func batchesChangeNothing(plan: String, scale: Double) throws {
    let trace = TraceEstimator.hutchinson(.rademacher, probes: 2)
    let estimator = try estimator(plan, trace, scale: scale, tolerance: 1e-2)
    let x = networks.noise(0..<3)
    let labels: [Int32] = [3, 0, 5]
    let batch = try estimator(
      x, labels: labels, probes: ProbeDraws(seed: 3), indices: [0, 1, 2])
    for row in 0..<3 {
      let alone = try estimator(
        networks.noise(row..<row + 1), labels: [labels[row]], probes: ProbeDraws(seed: 3),
        indices: [row])[0]
      #expect(abs(alone.logPrior - batch[row].logPrior) < 1e-2)
      #expect(abs(alone.divergence - batch[row].divergence) < 1e-2)
    }
    // It is the probes that would show another number.
    let other = try estimator(
      networks.noise(0..<1), labels: [3], probes: ProbeDraws(seed: 3), indices: [1])[0]
    #expect(abs(other.divergence - batch[0].divergence) > 2e-2)
    #expect(plan == "bs3" || abs(other.logPrior - batch[0].logPrior) < 1e-3)
  }

  /// Times and classes are embedded once, before the steps.
  @Test func modulationsAreComputedOnce() throws {
    let recorder = RecordingExecutor()
    let estimator = try estimator(
      "rk4:3", .hutchinson(.rademacher, probes: 1), executor: recorder)
    _ = try estimator(
      networks.noise(0..<2), labels: [1, 2], probes: ProbeDraws(seed: 0), indices: [0, 1])
    #expect(recorder.conditioned == [[1, 2]])
    let times = try #require(recorder.runs.first?.inputs["times"]?.array())
    #expect(times.count == 7 && times.first == 0 && times.last == 1)
    // One program for all steps, and one for the modulations.
    #expect(recorder.graphs.count == 2)
    let embeddings = recorder.blockVariables.filter { $0.contains("embedder.mlp") }
    #expect(embeddings.isEmpty, "\(embeddings)")
    #expect(!recorder.blockVariables.isEmpty)
  }

  @Test func workIsThatOfBackwardPasses() throws {
    func blocks(_ probes: Int) throws -> Double {
      try estimator("euler:1", .hutchinson(.rademacher, probes: probes)).work(labels: [0, 1])
        .blocks
    }
    let (one, three) = (try blocks(1), try blocks(3))
    let graph = Graph()
    let modulations = networks.predictor.configuration.modulationSize
    graph.output(
      "v",
      try networks.predictor(
        graph.input("x", [2, 4, 4, 4]), modulations: graph.input("m", [2, modulations])))
    let forward = graph.multiplyAdds
    // A backward pass towards the latents alone takes about as much as a forward.
    let backward = (three - one) / 2
    #expect(abs((one - backward) / forward - 1) < 0.01)
    #expect((0.9...1.6).contains(backward / forward), "\(backward / forward)")
  }
}
