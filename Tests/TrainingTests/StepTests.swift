import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Training

@Suite struct StepTests {
  /// Weights, moments and report after `steps` steps on the toy flow.
  private func state(
    accumulation: Int, clip: Double? = nil, steps: Int = 3
  ) throws -> (state: TrainingState, last: TrainingStep.Result?) {
    var options = ToyFlow.options(steps: steps, batch: 8)
    options.common.optimizer.gradientClip = clip
    let state = try TrainingState(
      ToyFlow.parameters, weights: ToyFlow.parameters.initialised(seed: 1))
    let step = try TrainingStep(
      loss: ToyFlow.flow, parameters: ToyFlow.parameters, batch: 8, accumulation: accumulation,
      optimizer: options.common.optimizer, executor: ReferenceExecutor<Float>(),
      variables: state.variables)
    let points = ToyFlow.Points(count: 20)
    let source = try LatentBatches(
      points, training: Array(0..<20), draws: FlowDraws(options, classes: 3), seed: 1)
    let batch = Batch(ToyFlow.flow.inputs, count: 8)
    var last: TrainingStep.Result?
    for number in 1...steps {
      try source.fill(batch, step: number - 1)
      last = try step.run(batch, step: number, learningRate: 0.01)
    }
    return (state, last)
  }

  @Test(arguments: [2, 4, 8]) func accumulationEqualsTheWholeBatch(parts: Int) throws {
    let (whole, report) = try state(accumulation: 1)
    let (cut, cutReport) = try state(accumulation: parts)
    for (name, tensor) in whole.variables {
      let other = try #require(cut.variables[name])
      for (a, b) in zip(tensor.array(), other.array()) {
        #expect(abs(a - b) <= 1e-5 * max(1, abs(a)), "\(name)")
      }
    }
    let (a, b) = (try #require(report), try #require(cutReport))
    #expect(abs(a.loss - b.loss) <= 1e-5 * a.loss)
    #expect(abs(a.gradientNorm - b.gradientNorm) <= 1e-5 * a.gradientNorm)
  }

  @Test func clippingScalesTheWholeGradient() throws {
    let (free, report) = try state(accumulation: 1, steps: 1)
    let norm = try #require(report).gradientNorm
    let (clipped, clippedReport) = try state(accumulation: 1, clip: Double(norm) / 4, steps: 1)
    #expect(clippedReport?.gradientNorm == norm)
    let (loose, _) = try state(accumulation: 1, clip: Double(norm) * 4, steps: 1)
    let name = "first_moment/field.weight"
    let moment = try #require(free.variables[name]).array()
    #expect(loose.variables[name]?.array() == moment)
    for (a, b) in zip(moment, try #require(clipped.variables[name]).array()) {
      #expect(abs(b - a / 4) <= 1e-5 * abs(a))
    }
    // The norm is that of all trained gradients: moments after one step are g/10.
    let squares = free.variables.filter { $0.key.hasPrefix("first_moment/") }
      .flatMap { $0.value.array() }.reduce(Float(0)) { $0 + 100 * $1 * $1 }
    #expect(abs(squares.squareRoot() - norm) <= 1e-4 * norm)
  }

  @Test func frozenParametersStayAndAreAveraged() throws {
    let (state, _) = try state(accumulation: 1)
    #expect(state.variables["shift"]?.array() == [1, 1])
    #expect(state.variables["ema/shift"]?.array() == [1, 1])
    #expect(state.weights(.ema).count == 3)
  }

  @Test func decoderFineTuningLeavesTheEncoder() throws {
    var configuration = AutoencoderConfiguration()
    configuration.channels = [8, 8]
    configuration.layersPerBlock = 1
    configuration.normGroups = 4
    let model = try AutoencoderKL(configuration)
    let parameters = AutoencoderLoss.decoderOnly(model)
    #expect(parameters.count == model.parameters.count)
    for parameter in parameters {
      let isDecoder =
        parameter.path.hasPrefix("decoder.") || parameter.path.hasPrefix("post_quant_conv.")
      #expect(parameter.isTrainable == isDecoder, "\(parameter.path)")
    }
    let graph = try TrainingStep.graph(
      loss: AutoencoderLoss(model, side: 4, klWeight: 0), parameters: parameters, batch: 1,
      accumulation: 1, optimizer: OptimizerOptions()
    ).graph
    let assigned = graph.assignments.map { "\(graph[$0.variable.node].operation)" }
    #expect(!assigned.contains { $0.contains("encoder.") || $0.contains("\"quant_conv") })
    #expect(assigned.count == 4 * model.decoderParameters.count)
  }
}

@Suite struct HeldOutTests {
  private func result(
    scale: [Float], heldOut: Int = 23, batch: Int = 4
  ) throws -> HeldOutResult {
    let points = ToyFlow.Points(count: 40)
    var options = RefinerTrainingOptions()
    options.offset.per = .sample
    let weights = ["scale": HostTensor(scale, shape: [2])]
    let state = try TrainingState(ToyFlow.refinerParameters, weights: weights)
    state.variables["ema/scale"]?.floats.update(repeating: 0)
    let teacher = VelocityOffsetLoss.teacherVariables(ToyFlow.parameters.initialised(seed: 3))
    let source = try HeldOutLatents(
      points, heldOut: Array(0..<heldOut), draws: FlowDraws(options, classes: 3), seed: 4)
    let evaluation = try HeldOutEvaluation(
      loss: ToyFlow.offset, source: source, batch: batch, executor: ReferenceExecutor<Float>(),
      variables: state.variables.merging(teacher) { own, _ in own })
    let first = try evaluation.run()
    #expect(try evaluation.run() == first)
    return first
  }

  @Test func zeroRefinerLosesNowhereAndWinsNowhere() throws {
    let result = try result(scale: [0.5, -0.5])
    #expect(result.overall.count == 23)
    #expect(result.bins.map(\.count) == [3, 3, 3, 2, 2, 2, 2, 2, 2, 2])
    for bin in result.bins {
      #expect(bin.ema.loss == bin.ema.parts[VelocityOffsetLoss.zeroRefiner])
      #expect(bin.model.parts == bin.ema.parts)
      #expect(bin.model.loss != bin.ema.loss)
    }
    // A tie is no win.
    let lost = result.lostBins(.ema, against: VelocityOffsetLoss.zeroRefiner)
    #expect(lost == Array(0..<10))
    // So large an offset is worse than none everywhere.
    #expect(result.lostBins(.model, against: VelocityOffsetLoss.zeroRefiner) == lost)
  }

  @Test func theBatchSizeDoesNotMatter() throws {
    let (a, b) = (
      try result(scale: [0.1, 0.1], batch: 4), try result(scale: [0.1, 0.1], batch: 7)
    )
    for (one, two) in zip(a.bins, b.bins) {
      #expect(one.count == two.count)
      #expect(abs(one.model.loss - two.model.loss) <= 1e-6 * one.model.loss)
    }
  }
}
