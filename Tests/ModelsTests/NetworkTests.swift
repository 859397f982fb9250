import Diagnostics
import Models
import ReferenceExecutor
import TensorGraph
import Testing

@Suite struct NetworkTests {
  private var tiny: SiTConfiguration {
    var configuration = SiTConfiguration()
    (configuration.inputSize, configuration.patchSize) = (4, 2)
    (configuration.hiddenSize, configuration.depth, configuration.heads) = (8, 1, 2)
    (configuration.classes, configuration.frequencyEmbeddingSize) = (3, 4)
    return configuration
  }

  private func velocity(_ model: SiT, in graph: Graph, batch: Int = 2) throws -> Tensor {
    try model(
      graph.input("x", model.latentShape(batch)), t: graph.input("t", [batch]),
      labels: graph.input("y", [batch], .int32),
      velocity: model.configuration.velocityInput
        ? graph.input("v", model.latentShape(batch)) : nil)
  }

  /// The variables that a graph reads are the parameters, with their shapes.
  @Test(arguments: [false, true], [false, true])
  func tracingUsesEveryParameter(refines: Bool, learnsSigma: Bool) throws {
    var configuration = tiny
    (configuration.velocityInput, configuration.learnSigma) = (refines, learnsSigma)
    let model = try SiT(configuration)
    let graph = Graph()
    #expect(try velocity(model, in: graph).shape == model.latentShape(2))
    var found: [String: Shape] = [:]
    for node in graph.nodes {
      if case .variable(let name) = node.operation { found[name] = node.results[0].shape }
    }
    try model.parameters.check(found, in: "graph")
  }

  /// adaLN-Zero and the zero final layer: a fresh model's velocity is zero.
  @Test func aFreshModelGivesZero() throws {
    let model = try SiT(tiny)
    let graph = Graph()
    graph.output("v", try velocity(model, in: graph))
    let program = try ReferenceExecutor<Float>().compile(
      graph, variables: model.parameters.initialised(seed: 1), frozen: true)
    let x = HostTensor(shape: model.latentShape(2))
    for i in x.floats.indices { x.floats[i] = Float(i % 7) - 3 }
    let outputs = try program.run([
      "x": x, "t": HostTensor([0.1, 0.9], shape: [2]),
      "y": HostTensor([0 as Int32, 3], shape: [2]),
    ])
    #expect(outputs["v"]?.array().allSatisfy { $0 == 0 } == true)
  }

  /// The rows of the dropped sigma half have gradients of exactly zero, the others have not.
  @Test func droppedChannelsHaveZeroGradients() throws {
    let model = try SiT(tiny)
    let graph = Graph()
    let v = try velocity(model, in: graph)
    let weight = try graph.variable("final_layer.linear.weight", [32, 8])
    let loss = try ((v - 1) * (v - 1)).mean()
    graph.output("gradient", try loss.gradients(withRespectTo: [weight])[0])
    let program = try ReferenceExecutor<Float>().compile(
      graph, variables: model.parameters.initialised(seed: 1), frozen: false)
    let x = HostTensor(shape: model.latentShape(2))
    for i in x.floats.indices { x.floats[i] = Float(i % 5) - 2 }
    let gradient = try #require(
      try program.run([
        "x": x, "t": HostTensor([0.1, 0.9], shape: [2]),
        "y": HostTensor([0 as Int32, 3], shape: [2]),
      ])["gradient"]
    ).array()
    for row in 0..<32 {
      // Rows are (p, q, channel): the first four of every eight channels are the velocity.
      let isZero = gradient[row * 8..<(row + 1) * 8].allSatisfy { $0 == 0 }
      #expect(isZero == (row % 8 >= 4), "row \(row)")
    }
  }

  @Test func aVelocityIsGivenToRefinersOnly() throws {
    let graph = Graph()
    let predictor = try SiT(tiny)
    let x = try graph.input("x", predictor.latentShape(1))
    let (t, y) = try (graph.input("t", [1]), graph.input("y", [1], .int32))
    #expect(throws: InputError.self) { try predictor(x, t: t, labels: y, velocity: x) }
    #expect(throws: (any Error).self) { try VelocityRefiner(tiny) }
    var configuration = tiny
    configuration.velocityInput = true
    let refiner = try SiT(configuration)
    #expect(throws: InputError.self) { try refiner(x, t: t, labels: y) }
  }

  @Test func latentsOfAnotherSizeAreRefused() throws {
    let graph = Graph()
    let model = try SiT(tiny)
    let (t, y) = try (graph.input("t", [1]), graph.input("y", [1], .int32))
    for shape in [[1, 4, 6, 6], [1, 3, 4, 4], [4, 4, 4], []] as [Shape] {
      #expect(throws: InputError.self) {
        try model(graph.input("x\(shape)", shape), t: t, labels: y)
      }
    }
  }

  @Test(arguments: [[8], [8, 16], [4, 8, 8]])
  func anAutoencoderTakesAnyChannelList(channels: [Int]) throws {
    var configuration = AutoencoderConfiguration()
    (configuration.channels, configuration.normGroups) = (channels, 4)
    (configuration.layersPerBlock, configuration.latentChannels) = (1, 2)
    let model = try AutoencoderKL(configuration)
    let graph = Graph()
    let side = 8 / configuration.downsampling
    let posterior = try model.encode(graph.input("x", [2, 3, 8, 8]))
    #expect(posterior.mean.shape == [2, 2, side, side])
    #expect(posterior.logVariance.shape == [2, 2, side, side])
    #expect(try model.decode(posterior.mean).shape == [2, 3, 8, 8])
    var found: [String: Shape] = [:]
    for node in graph.nodes {
      if case .variable(let name) = node.operation { found[name] = node.results[0].shape }
    }
    try model.parameters.check(found, in: "graph")
    #expect(model.parameters.valueCount == configuration.parameterCount)
  }

  /// The graph's count is the configuration's arithmetic: 118.6 G for XL/2 at 256 × 256.
  @Test func multiplyAddsOfXL2() throws {
    let model = try SiT(SiTConfiguration(named: "XL/2"))
    let graph = Graph()
    graph.output("v", try velocity(model, in: graph, batch: 1))
    #expect(graph.multiplyAdds == model.configuration.multiplyAdds)
    #expect(abs(graph.multiplyAdds / 1e9 - 118.6) < 0.1)
  }

  /// Backward costs twice the forward, but for attention's scores and the first layer.
  @Test func gradientsCostTwiceTheForward() throws {
    var configuration = AutoencoderConfiguration()
    (configuration.channels, configuration.normGroups) = ([8, 16], 4)
    let model = try AutoencoderKL(configuration)
    let graph = Graph()
    let loss = try model.decode(graph.input("z", [1, 4, 4, 4])).mean()
    graph.output("loss", loss)
    let forward = graph.multiplyAdds
    let weights = try model.decoderParameters.map { try graph.variable($0.path, $0.shape) }
    for (index, gradient) in try loss.gradients(withRespectTo: weights).enumerated() {
      graph.output("gradient \(index)", gradient)
    }
    #expect(abs(graph.multiplyAdds / forward - 3) < 0.05)
  }
}
