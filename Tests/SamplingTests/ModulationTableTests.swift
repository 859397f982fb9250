import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

@Suite struct ModulationTableTests {
  private func table(_ networks: ToyNetworks, _ recorder: RecordingExecutor, capacity: Int)
    -> ModulationTable
  {
    var variables: [String: HostTensor] = [:]
    for (path, tensor) in networks.predictorWeights { variables["predictor/\(path)"] = tensor }
    return ModulationTable(
      Conditioning(networks.predictor), .predictor, times: [0.5, 0, 1],
      nullClass: ToyNetworks.classes, capacity: capacity
    ) { [variables] in try recorder.compile($0, variables: variables, frozen: false) }
  }

  /// Room for two products of one class: the one that was not used longest goes.
  @Test func whatWasNotUsedLongestIsForgotten() throws {
    let (networks, recorder) = (try ToyNetworks(), RecordingExecutor())
    let product = 4 * 3 * networks.predictor.configuration.modulationSize
    let table = table(networks, recorder, capacity: 2 * product)
    for label: Int32 in [0, 1, 0, 2, 0, 1, 5, 5] { _ = try table.batch([label]).at(0) }
    #expect(recorder.conditioned == [[0], [1], [2], [1], [5]])
  }

  /// A repeated batch takes the time of a new one where not all classes can be kept.
  @Test func whatARunOverAllClassesCouldNotKeepIsForgotten() throws {
    let networks = try ToyNetworks()
    let product = 4 * 3 * networks.predictor.configuration.modulationSize
    for (capacity, expected) in [(4 * product, [[0], [0]] as [[Int32]]), (5 * product, [[0]])] {
      let recorder = RecordingExecutor()
      let table = table(networks, recorder, capacity: capacity)
      _ = try table.batch([0]).at(0)
      table.forget(classes: 5)
      _ = try table.batch([0]).at(0)
      #expect(recorder.conditioned == expected)
    }
  }

  /// A batch larger than what may be kept is served all the same.
  @Test func nothingNeedBeKept() throws {
    let networks = try ToyNetworks()
    let (small, large) = (RecordingExecutor(), RecordingExecutor())
    let (without, with) = (
      table(networks, small, capacity: 0), table(networks, large, capacity: 1 << 20)
    )
    for labels: [Int32] in [[4, 5], [1, 2, 1, 5], [4, 5]] {
      for time: Float in [0, 0.5, 1] {
        let (a, b) = (try without.batch(labels).at(time), try with.batch(labels).at(time))
        #expect(a.shape == [labels.count, networks.predictor.configuration.modulationSize])
        #expect(a.array() == b.array())
      }
    }
    #expect(small.conditioned.count > large.conditioned.count)
    #expect(large.conditioned == [[5], [4], [1, 2]])
  }

  @Test func rowsAreThoseOfTheirTimeAndLabel() throws {
    let (networks, recorder) = (try ToyNetworks(), RecordingExecutor())
    let batch = table(networks, recorder, capacity: 1 << 20).batch([3, 5, 0])
    for (row, label) in ([3, 5, 0] as [Int32]).enumerated() {
      for time: Float in [0, 0.5, 1] {
        let graph = Graph()
        let modulations = try networks.predictor.modulations(
          times: graph.input("t", [1]), labels: graph.input("y", [1], .int32))
        graph.output("m", modulations)
        let program = try ReferenceExecutor<Float>().compile(
          graph, variables: networks.predictorWeights, frozen: false)
        let expected = try program.run([
          "t": HostTensor([time], shape: [1]), "y": HostTensor([label], shape: [1]),
        ])["m"]?.array()
        let size = networks.predictor.configuration.modulationSize
        let found = try batch.at(time).array()[row * size..<(row + 1) * size]
        #expect(relativeDifference(Array(found), expected ?? []) < 1e-6)
      }
    }
    #expect(throws: ProgramError.self) { try batch.at(0.25) }
  }

  /// More times than a window holds: each window's are computed when a step comes to them.
  @Test func longPlansAreServedByWindows() throws {
    let networks = try ToyNetworks()
    let (long, whole) = (RecordingExecutor(), RecordingExecutor())
    func end(_ executor: RecordingExecutor, inTwoParts: Bool) throws -> [Float] {
      try networks.sampler("heun:40", inTwoParts: inTwoParts, executor: executor)
        .sample(noise: networks.noise(0..<2), labels: [4, 1]).array()
    }
    let difference = relativeDifference(
      try end(long, inTwoParts: true), try end(whole, inTwoParts: false))
    #expect(difference < 1e-5)
    #expect(long.conditioned == [[5], [1, 4], [5], [1, 4]])
    let times = long.runs.compactMap { $0.inputs["times"]?.shape.elementCount }
    #expect(times == [32, 32, 9, 9])
    #expect(whole.conditioned.isEmpty)
  }

  /// Products are cut where reading the weights no longer matters, by the batch's labels alone.
  @Test func largeBatchesAreCut() {
    let labels = (0..<20).map { Int32($0 * 7 % 20) } + [99, 99]
    let groups = ModulationTable.groups(labels, times: 16, nullClass: 99)
    #expect(groups == [[99], Array(0..<8), Array(8..<16), Array(16..<20)])
    #expect(ModulationTable.groups([2, 1, 2], times: 10_001, nullClass: 99) == [[1], [2]])
    #expect(ModulationTable.groups([99], times: 3, nullClass: 99) == [[99]])
  }
}
