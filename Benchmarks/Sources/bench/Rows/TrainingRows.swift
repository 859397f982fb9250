import Models
import Randomness
import TensorGraph
import Training

extension Row {
  /// One step of the quickstart's predictor: forward, backward, AdamW, average.
  static func predictorStep(batch: Int, _ cache: WeightCache) -> Row {
    Row(
      name: "predictor-step", title: "Predictor step", count: batch,
      targets: [.float32: 0.6, .bfloat16: 0.5]
    ) { precision in
      let model = try SiT(quickstart)
      return try .step(
        FlowMatchingLoss(model), model.parameters,
        weights: cache.weights("quickstart", of: model.parameters), batch: batch, nodeLimit: 2200,
        precision)
    }
  }

  /// One step of a refiner of the quickstart's predictor, both passes of the teacher included.
  static func refinerStep(batch: Int, _ cache: WeightCache) -> Row {
    Row(name: "refiner-step", title: "Refiner step", count: batch) {
      try .refinerStep(quickstart, named: "quickstart", batch: batch, cache, $0)
    }
  }

  /// The same of SiT-XL/2.
  static func extraLargeRefinerStep(batch: Int, _ cache: WeightCache) -> Row {
    Row(
      name: "refiner-step-xl-2", title: "Refiner step, XL/2", count: batch,
      targets: [.float32: 0.85, .bfloat16: 0.8], isLong: true
    ) {
      try .refinerStep(
        SiTConfiguration(named: "XL/2"), named: "SiT xl-2 32", batch: batch, cache, $0)
    }
  }

  /// `configs/quickstart/predictor.yaml`.
  static var quickstart: SiTConfiguration {
    var configuration = SiTConfiguration()
    configuration.inputSize = 16
    configuration.hiddenSize = 128
    configuration.depth = 12
    configuration.heads = 4
    configuration.classes = 10
    configuration.learnSigma = false
    return configuration
  }
}

extension Plan {
  fileprivate static func refinerStep(
    _ configuration: SiTConfiguration, named name: String, batch: Int, _ cache: WeightCache,
    _ precision: Precision
  ) throws -> Plan {
    let teacher = try SiT(configuration)
    let refiner = try VelocityRefiner(RefinerConfiguration().network(for: configuration))
    return try step(
      VelocityOffsetLoss(teacher: teacher, refiner: refiner), refiner.parameters,
      weights: cache.weights("\(name) refiner", of: refiner.parameters),
      frozen: VelocityOffsetLoss.teacherVariables(
        cache.weights(name, of: teacher.parameters)),
      batch: batch, nodeLimit: 2100, precision)
  }

  fileprivate static func step(
    _ loss: some TrainingLoss, _ parameters: [Parameter], weights: [String: HostTensor],
    frozen: [String: HostTensor] = [:], batch count: Int, nodeLimit: Int, _ precision: Precision
  ) throws -> Plan {
    let optimizer = OptimizerOptions()
    let graph = try TrainingStep.graph(
      loss: loss, parameters: parameters, batch: count, accumulation: 1, optimizer: optimizer
    ).graph
    let state = try TrainingState(parameters, weights: weights)
    let variables = state.variables.merging(frozen) { own, _ in own }
    let batch = Batch(loss.inputs, count: count)
    for (index, tensor) in batch.tensors.sorted(by: { $0.key < $1.key }).map(\.value).enumerated()
    where tensor.type.element == .float32 {
      var stream = RandomStream(seed: 0, purpose: .noise, index: UInt64(index))
      stream.fillNormal(tensor.floats)
    }
    return Plan(
      multiplyAdds: graph.multiplyAdds, nodes: graph.nodes.count, nodeLimit: nodeLimit,
      weightBytes: variables.values.reduce(0) { $0 + $1.type.byteCount },
      arenaBytes: try precision.workingMemory(of: graph)
    ) {
      let step = try TrainingStep(
        loss: loss, parameters: parameters, batch: count, accumulation: 1, optimizer: optimizer,
        executor: precision.executor, variables: variables)
      var number = 0
      return Work {
        number += 1
        _ = try step.run(batch, step: number, learningRate: 1e-5)
      }
    }
  }
}
