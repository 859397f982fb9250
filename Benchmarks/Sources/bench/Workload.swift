import CPUExecutor
import Models
import Randomness
import Sampling
import TensorGraph
import Training

/// Something to run again and again, and the arithmetic it takes.
struct Workload {
  let name: String
  /// What one run yields, as in "64 images".
  let count: Int
  /// Multiply–adds of one run, counted from the graph.
  let multiplyAdds: Double
  /// Nodes of the graph: a count that must not grow unnoticed.
  let nodes: Int
  let nodeLimit: Int
  let run: () throws -> Void

  /// The machine's float32 peak: one large product in oneDNN.
  static func peak(_ size: Int = 2048) throws -> Workload {
    let graph = Graph()
    let a = try graph.input("a", [size, size])
    let b = try graph.variable("b", [size, size])
    // One number comes back, so that no copy of the product is timed.
    let product = try a.linear(weight: b, bias: nil)
    graph.output("c", try product.slice(axis: 0, 0..<1).slice(axis: 1, 0..<1))
    let left = normals([size, size])
    let program = try CPUExecutor().compile(
      graph, variables: ["b": normals([size, size])], frozen: true)
    return Workload(
      name: "matmul \(size)", count: 1, multiplyAdds: graph.multiplyAdds, nodes: graph.nodes.count,
      nodeLimit: 5
    ) { _ = try program.run(["a": left]) }
  }

  /// One step of the quickstart's predictor: forward, backward, AdamW, average.
  static func predictorStep(batch: Int) throws -> Workload {
    let model = try SiT(quickstart)
    return try step(
      "predictor step", FlowMatchingLoss(model), model.parameters, batch: batch, frozen: [:],
      nodeLimit: 2200)
  }

  /// One step of the quickstart's refiner, both passes of the teacher included.
  static func refinerStep(batch: Int) throws -> Workload {
    let teacher = try SiT(quickstart)
    let refiner = try VelocityRefiner(RefinerConfiguration().network(for: quickstart))
    return try step(
      "refiner step", VelocityOffsetLoss(teacher: teacher, refiner: refiner), refiner.parameters,
      batch: batch,
      frozen: VelocityOffsetLoss.teacherVariables(teacher.parameters.initialised(seed: 1)),
      nodeLimit: 1000)
  }

  /// FID's features of images that are resized already.
  static func inception(batch: Int) throws -> Workload {
    let model = try InceptionV3()
    let graph = Graph()
    let images = try graph.input("images", [batch, InceptionV3.side, InceptionV3.side, 3])
    for (feature, tensor) in try model(images, [.pool2048, .spatial, .unbiasedLogits]) {
      graph.output(feature.rawValue, tensor)
    }
    let variables = try model.foldedVariables(from: model.parameters.initialised(seed: 0))
    let program = try CPUExecutor().compile(graph, variables: variables, frozen: true)
    let inputs = ["images": normals(images.shape)]
    return Workload(
      name: "Inception features", count: batch, multiplyAdds: graph.multiplyAdds,
      nodes: graph.nodes.count, nodeLimit: 450
    ) { _ = try program.run(inputs) }
  }

  /// All that the quickstart's evaluation asks of its own feature network.
  static func solidsFeatures(batch: Int) throws -> Workload {
    let model = try FeatureNetwork(FeatureNetworkConfiguration())
    let graph = Graph()
    let side = model.configuration.imageSize
    let images = try graph.input("images", [batch, 3, side, side])
    let outputs = try model(images)
    graph.output("features", outputs.features)
    graph.output("spatial", outputs.spatial)
    graph.output("logits", outputs.logits)
    let program = try CPUExecutor().compile(
      graph, variables: model.parameters.initialised(seed: 0), frozen: true)
    let inputs = ["images": normals(images.shape)]
    return Workload(
      name: "solids features", count: batch, multiplyAdds: graph.multiplyAdds,
      nodes: graph.nodes.count, nodeLimit: 110
    ) { _ = try program.run(inputs) }
  }

  /// SiT-XL/2 at 256×256 with guidance: two branches of one image.
  static func extraLarge() throws -> Workload {
    let model = try SiT(SiTConfiguration(named: "XL/2"))
    let graph = Graph()
    let x = try graph.input("x", model.latentShape(2))
    let t = try graph.input("t", [2])
    let labels = try graph.input("labels", [2], .int32)
    graph.output("v", try model(x, t: t, labels: labels))
    let program = try CPUExecutor().compile(
      graph, variables: model.parameters.initialised(seed: 0), frozen: true)
    let inputs = [
      "x": normals(model.latentShape(2)), "t": HostTensor([0.5, 0.5] as [Float], shape: [2]),
      "labels": HostTensor([7, 1000] as [Int32], shape: [2]),
    ]
    return Workload(
      name: "SiT-XL/2 forward", count: 2, multiplyAdds: graph.multiplyAdds,
      nodes: graph.nodes.count, nodeLimit: 1200
    ) { _ = try program.run(inputs) }
  }

  private static func step(
    _ name: String, _ loss: some TrainingLoss, _ parameters: [Parameter], batch count: Int,
    frozen: [String: HostTensor], nodeLimit: Int
  ) throws -> Workload {
    let optimizer = OptimizerOptions()
    let graph = try TrainingStep.graph(
      loss: loss, parameters: parameters, batch: count, accumulation: 1, optimizer: optimizer
    ).graph
    let state = try TrainingState(parameters, weights: parameters.initialised(seed: 0))
    let step = try TrainingStep(
      loss: loss, parameters: parameters, batch: count, accumulation: 1, optimizer: optimizer,
      executor: CPUExecutor(), variables: state.variables.merging(frozen) { own, _ in own })
    let batch = Batch(loss.inputs, count: count)
    for (index, tensor) in batch.tensors.sorted(by: { $0.key < $1.key }).map(\.value).enumerated()
    where tensor.type.element == .float32 {
      var stream = RandomStream(seed: 0, purpose: .noise, index: UInt64(index))
      stream.fillNormal(tensor.floats)
    }
    var number = 0
    return Workload(
      name: name, count: count, multiplyAdds: graph.multiplyAdds, nodes: graph.nodes.count,
      nodeLimit: nodeLimit
    ) {
      number += 1
      _ = try step.run(batch, step: number, learningRate: 1e-5)
    }
  }

  /// `configs/quickstart/predictor.yaml`.
  private static var quickstart: SiTConfiguration {
    var configuration = SiTConfiguration()
    configuration.inputSize = 16
    configuration.hiddenSize = 128
    configuration.depth = 12
    configuration.heads = 4
    configuration.classes = 10
    configuration.learnSigma = false
    return configuration
  }

  private static func normals(_ shape: Shape) -> HostTensor {
    let tensor = HostTensor(shape: shape)
    var stream = RandomStream(seed: 0, purpose: .noise, index: 0)
    stream.fillNormal(tensor.floats)
    return tensor
  }
}
