import Diagnostics
import Foundation
import Models
import ReferenceExecutor
import TensorGraph
import Testing

/// A SiT in two parts: what depends on time and class alone, and the rest.
@Suite struct ModulationTests {
  private func model(refines: Bool) throws -> SiT {
    var configuration = SiTConfiguration()
    (configuration.inputSize, configuration.patchSize) = (4, 2)
    (configuration.hiddenSize, configuration.depth, configuration.heads) = (8, 2, 2)
    (configuration.classes, configuration.frequencyEmbeddingSize) = (3, 4)
    configuration.velocityInput = refines
    return try SiT(configuration)
  }

  private func filled(_ shape: Shape, _ phase: Double) -> HostTensor {
    let tensor = HostTensor(shape: shape)
    for i in tensor.floats.indices { tensor.floats[i] = Float(0.5 * sin(Double(i * i) + phase)) }
    return tensor
  }

  private func run(_ graph: Graph, _ model: SiT, _ inputs: [String: HostTensor]) throws
    -> HostTensor
  {
    var weights: [String: HostTensor] = [:]
    for (number, parameter) in model.parameters.enumerated() {
      weights[parameter.path] = filled(parameter.shape, Double(number))
    }
    let program = try ReferenceExecutor<Float>().compile(graph, variables: weights, frozen: true)
    return try #require(try program.run(inputs)["out"])
  }

  /// A time and a label each are the table's diagonal.
  @Test func pairsAreRowsOfTheTable() throws {
    let model = try model(refines: false)
    let inputs = [
      "t": HostTensor([Float(0.25), 0.75], shape: [2]),
      "y": HostTensor([2 as Int32, 3], shape: [2]),
    ]
    let (table, pairs) = (Graph(), Graph())
    table.output(
      "out",
      try model.modulations(times: table.input("t", [2]), labels: table.input("y", [2], .int32)))
    pairs.output(
      "out",
      try model.pairedModulations(
        times: pairs.input("t", [2]), labels: pairs.input("y", [2], .int32)))
    let (all, found) = (try run(table, model, inputs), try run(pairs, model, inputs))
    let size = model.configuration.modulationSize
    #expect(found.shape == [2, size])
    let expected = all.array().prefix(size) + all.array().suffix(size)
    #expect(zip(found.array(), expected).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) })
    #expect(Array(all.array().prefix(size)) != Array(all.array().suffix(size)))
  }

  /// Labels 2 and null at times 0.25 and 0.75, of one latent each and of one for both labels.
  @Test(arguments: [false, true])
  func theTwoPartsAreTheWhole(refines: Bool) throws {
    let model = try model(refines: refines)
    let labels = HostTensor([2 as Int32, 3], shape: [2])
    let graph = Graph()
    graph.output(
      "out",
      try model.modulations(times: graph.input("t", [2]), labels: graph.input("y", [2], .int32)))
    let modulations = try run(
      graph, model, ["t": HostTensor([0.25, 0.75], shape: [2]), "y": labels])
    let size = model.configuration.modulationSize
    #expect(modulations.shape == [2, 2, size])

    let velocity = filled(model.latentShape(2), 7)
    for (k, time) in ([0.25, 0.75] as [Float]).enumerated() {
      // Both labels' rows of this time.
      let table = modulations.array()
      var rows: [Float] = []
      for label in 0..<2 {
        let start = (label * 2 + k) * size
        rows += table[start..<start + size]
      }
      for latents in [1, 2] {
        let x = filled(model.latentShape(latents), 3)
        let (whole, part) = (Graph(), Graph())
        let repeated = HostTensor(
          Array((latents == 1 ? [x, x] : [x]).map { $0.array() }.joined()),
          shape: model.latentShape(2))
        whole.output(
          "out",
          try model(
            whole.input("x", repeated.shape), t: whole.input("t", [2]),
            labels: whole.input("y", [2], .int32),
            velocity: refines ? whole.input("v", velocity.shape) : nil))
        part.output(
          "out",
          try model(
            part.input("x", x.shape), modulations: part.input("m", [2, size]),
            velocity: refines ? part.input("v", velocity.shape) : nil))
        let expected = try run(
          whole, model,
          ["x": repeated, "t": HostTensor([time, time], shape: [2]), "y": labels, "v": velocity])
        let found = try run(
          part, model, ["x": x, "m": HostTensor(rows, shape: [2, size]), "v": velocity])
        #expect(found.shape == expected.shape)
        var (largest, scale): (Float, Float) = (0, 0)
        for (a, b) in zip(found.array(), expected.array()) {
          (largest, scale) = (max(largest, abs(a - b)), max(scale, abs(b)))
        }
        #expect(scale > 0.01)
        #expect(largest <= 1e-6 * scale, "\(latents) latents at \(time)")
      }
    }
  }

  /// Each part reads its own parameters, and together they read all.
  @Test func thePartsShareNoParameters() throws {
    let model = try model(refines: false)
    func variables(_ graph: Graph) -> Set<String> {
      Set(
        graph.nodes.compactMap {
          if case .variable(let name) = $0.operation { name } else { nil }
        })
    }
    let (first, second) = (Graph(), Graph())
    _ = try model.modulations(times: first.input("t", [1]), labels: first.input("y", [1], .int32))
    _ = try model(
      second.input("x", model.latentShape(1)),
      modulations: second.input("m", [1, model.configuration.modulationSize]))
    #expect(variables(first) == Set(model.conditioningParameters.map(\.path)))
    #expect(variables(first).isDisjoint(with: variables(second)))
    #expect(variables(first).union(variables(second)) == Set(model.parameters.map(\.path)))
  }

  /// A third of XL/2's weights do a five-hundredth of its arithmetic.
  @Test func conditioningOfXL2() throws {
    let model = try SiT(SiTConfiguration(named: "XL/2"))
    let graph = Graph()
    graph.output(
      "m",
      try model.modulations(times: graph.input("t", [1]), labels: graph.input("y", [1], .int32)))
    let configuration = model.configuration
    #expect(graph.multiplyAdds == configuration.conditioningMultiplyAdds)
    #expect(abs(configuration.multiplyAdds / configuration.conditioningMultiplyAdds - 520) < 10)
    let share =
      Double(model.conditioningParameters.valueCount) / Double(configuration.parameterCount)
    #expect(abs(share - 0.34) < 0.01)
  }

  @Test func modulationsThatDoNotFitAreRefused() throws {
    let model = try model(refines: false)
    let graph = Graph()
    let x = try graph.input("x", model.latentShape(2))
    let size = model.configuration.modulationSize
    for shape in [[3, size], [2, size - 1], [size], [2, 1, size], [1, size]] as [Shape] {
      #expect(throws: InputError.self) {
        try model(x, modulations: graph.input("m\(shape)", shape))
      }
    }
    let modulations = try graph.input("m", [2, size])
    for shape in [[], [2, 4, 4], [2, 4, 6, 6]] as [Shape] {
      #expect(throws: InputError.self) {
        try model(graph.input("x\(shape)", shape), modulations: modulations)
      }
    }
  }
}
