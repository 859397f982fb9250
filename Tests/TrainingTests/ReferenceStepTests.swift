import CPUExecutor
import Checkpoints
import Models
import ReferenceExecutor
import TensorGraph
import Testing
import Training
import Verification

/// Losses, gradients and updates against those of the published trainers.
@Suite struct ReferenceStepTests {
  /// The reference executor takes a minute for all of them, and is measured against
  /// the other in its own tests.
  enum Machine: CaseIterable {
    case reference, cpu

    var executor: any Executor {
      switch self {
      case .reference: ReferenceExecutor<Float>()
      case .cpu: CPUExecutor()
      }
    }
  }

  /// The inputs of a step program; gradients do not depend on the rates.
  private func inputs(_ batch: Batch) -> [String: HostTensor] {
    let rates: [Float] = [0, 1, 1, 0]
    return batch.tensors.merging(["rates": HostTensor(rates, shape: [4])]) { own, _ in own }
  }

  private func configuration(depth: Int, isRefiner: Bool = false) -> SiTConfiguration {
    var configuration = SiTConfiguration()
    configuration.inputSize = 8
    configuration.hiddenSize = 32
    configuration.depth = depth
    configuration.heads = 2
    configuration.classes = 10
    configuration.velocityInput = isRefiner
    return configuration
  }

  /// Labels as stored and with those replaced that the fixture drops.
  private func fillLabels(_ batch: Batch, _ fixture: Fixture) throws {
    let labels = try fixture.file.integers("y")
    let dropped = try fixture.file.integers("drop_ids")
    for row in labels.indices {
      batch.setInteger("labels", row: row, Int32(labels[row]))
      batch.setInteger("dropped_labels", row: row, dropped[row] == 1 ? 10 : Int32(labels[row]))
    }
  }

  private func expectGradients(
    _ fixture: Fixture, _ parameters: [Parameter], _ outputs: [String: HostTensor]
  ) throws {
    for parameter in parameters where parameter.isTrainable {
      let name = "grad/\(parameter.path)"
      try fixture.expect(name, #require(outputs[name]).floats)
    }
  }

  @Test(arguments: Machine.allCases) func flowMatching(on machine: Machine) throws {
    let fixture = try Fixture("train_predictor_tiny")
    let model = try SiT(configuration(depth: 2))
    let loss = FlowMatchingLoss(model)
    let batch = Batch(loss.inputs, count: 4)
    for name in ["x1", "x0", "t"] { try fixture.fill(#require(batch.tensors[name]), from: name) }
    try fillLabels(batch, fixture)

    let state = try TrainingState(
      model.parameters, weights: WeightFormula(salt: "public-1").weights(model.parameters))
    let graph = try TrainingStep.graph(
      loss: loss, parameters: model.parameters, batch: 4, accumulation: 1,
      optimizer: OptimizerOptions(), reportingGradients: true
    ).graph
    let program = try machine.executor.compile(
      graph, variables: state.variables, frozen: false)
    let outputs = try program.run(inputs(batch))
    try fixture.expect("loss", #require(outputs["loss"]).floats)
    try fixture.expect("loss_per_sample", #require(outputs["sample/loss"]).floats)
    try expectGradients(fixture, model.parameters, outputs)
  }

  @Test(arguments: [Machine.cpu]) func velocityOffset(on machine: Machine) throws {
    let fixture = try Fixture("train_refiner_tiny")
    let teacher = try SiT(configuration(depth: 2))
    let refiner = try VelocityRefiner(configuration(depth: 1, isRefiner: true))
    let loss = VelocityOffsetLoss(teacher: teacher, refiner: refiner)
    let batch = Batch(loss.inputs, count: 4)
    for name in ["x1", "x0", "t"] { try fixture.fill(#require(batch.tensors[name]), from: name) }
    let dt = try #require(try fixture.file.floats("dt").first)
    for row in 0..<4 { batch.setFloat("dt", row: row, dt) }
    try fillLabels(batch, fixture)

    let weights = try WeightFormula(salt: "public-1/refiner").weights(refiner.parameters)
    let state = try TrainingState(refiner.parameters, weights: weights)
    let teacherWeights = VelocityOffsetLoss.teacherVariables(
      try WeightFormula(salt: "public-1").weights(teacher.parameters))
    let variables = state.variables.merging(teacherWeights) { own, _ in own }
    var optimizer = OptimizerOptions()
    optimizer.learningRate = 1e-3
    optimizer.weightDecay = 0.01
    optimizer.emaDecay = 0.9
    let executor = machine.executor

    // Gradients of the first step, by a program whose update is thrown away.
    let graph = try TrainingStep.graph(
      loss: loss, parameters: refiner.parameters, batch: 4, accumulation: 1, optimizer: optimizer,
      reportingGradients: true
    ).graph
    let probe = try executor.compile(
      graph, variables: variables.mapValues { $0.copy() }, frozen: false)
    let outputs = try probe.run(inputs(batch))
    try fixture.expect("loss_per_sample", #require(outputs["sample/loss"]).floats)
    try expectGradients(fixture, refiner.parameters, outputs)

    let step = try TrainingStep(
      loss: loss, parameters: refiner.parameters, batch: 4, accumulation: 1, optimizer: optimizer,
      executor: executor, variables: variables)
    let losses = try (1...5).map { try step.run(batch, step: $0, learningRate: 1e-3).loss }
    try fixture.expect("losses", losses)
    for parameter in refiner.parameters where parameter.isTrainable {
      let path = parameter.path
      for (name, variable) in [
        ("param", path), ("exp_avg", "first_moment/\(path)"),
        ("exp_avg_sq", "second_moment/\(path)"), ("ema", "ema/\(path)"),
      ] {
        try fixture.expect("\(name)/\(path)", #require(variables[variable]).floats)
      }
    }
  }

  @Test(arguments: [Machine.cpu]) func autoencoder(on machine: Machine) throws {
    let fixture = try Fixture("vae_train")
    var configuration = AutoencoderConfiguration()
    configuration.channels = [16, 32]
    configuration.layersPerBlock = 1
    configuration.normGroups = 8
    let model = try AutoencoderKL(configuration)
    let loss = AutoencoderLoss(model, side: 32, klWeight: 1e-6)
    let batch = Batch(loss.inputs, count: 2)
    try fixture.fill(#require(batch.tensors["images"]), from: "x")
    try fixture.fill(#require(batch.tensors["noise"]), from: "eps")

    let state = try TrainingState(
      model.parameters, weights: WeightFormula(salt: "public-1").weights(model.parameters))
    let graph = try TrainingStep.graph(
      loss: loss, parameters: model.parameters, batch: 2, accumulation: 1,
      optimizer: OptimizerOptions(), reportingGradients: true
    ).graph
    let program = try machine.executor.compile(
      graph, variables: state.variables, frozen: false)
    let outputs = try program.run(inputs(batch))
    try fixture.expect("loss", #require(outputs["loss"]).floats)
    try fixture.expect("mse", #require(outputs["part/mse"]).floats)
    try fixture.expect("kl", #require(outputs["part/kl"]).floats)
    try expectGradients(fixture, model.parameters, outputs)
  }
}
