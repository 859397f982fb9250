import CPUExecutor
import Diagnostics
import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Training

/// Regression of the noise instead of the velocity.
@Suite struct NoisePredictionTests {
  /// Losses (n) of a network that gives x_t + t on the plane.
  private func losses(_ x0: [Float], _ x1: [Float], _ t: [Float]) throws -> [Float] {
    let loss = NoisePredictionLoss(sampleShape: [2]) { x, t, _ in
      try x + t.reshaped([t.shape[0], 1])
    }
    let graph = Graph()
    let n = t.count
    var inputs: [String: Tensor] = [:]
    for input in loss.inputs {
      let type = input.type(n)
      inputs[input.name] = try graph.input(input.name, type.shape, type.element)
    }
    graph.output("loss", try loss(inputs, weights: .model).total)
    let program = try ReferenceExecutor<Double>().compile(graph, variables: [:], frozen: true)
    // The labels are not used here, so the program may not take them.
    var values = [
      "x0": HostTensor(x0, shape: [n, 2]), "x1": HostTensor(x1, shape: [n, 2]),
      "t": HostTensor(t, shape: [n]),
    ]
    values["dropped_labels"] = HostTensor([Int32](repeating: 0, count: n), shape: [n])
    return try #require(program.run(values)["loss"]).array()
  }

  @Test func theTargetIsTheNoise() throws {
    let (x0, x1, t): ([Float], [Float], [Float]) = ([1, -2, 0.5, 3], [4, 0, 1, -1], [0.25, 1])
    let found = try losses(x0, x1, t)
    for n in 0..<2 {
      let expected =
        (0..<2).map { i in
          let (noise, data) = (x0[2 * n + i], x1[2 * n + i])
          let error = t[n] * data + (1 - t[n]) * noise + t[n] - noise
          return error * error
        }.reduce(0, +) / 2
      #expect(abs(found[n] - expected) < 1e-5)
    }
  }

  private var model: SiTConfiguration {
    var configuration = SiTConfiguration()
    (configuration.inputSize, configuration.hiddenSize) = (4, 16)
    (configuration.depth, configuration.heads, configuration.classes) = (1, 2, 3)
    return configuration
  }

  @Test(arguments: PredictionObjective.allCases)
  func modelsAreTrainedByWhatTheyPredict(objective: PredictionObjective) throws {
    var configuration = model
    configuration.objective = objective
    let loss = predictionLoss(try SiT(configuration))
    #expect((loss is NoisePredictionLoss) == (objective == .epsilon))
    #expect(loss.inputs.map(\.name) == ["x1", "x0", "t", "dropped_labels"])
  }

  @Test func refinersNeedATeacherOfVelocities() throws {
    var configuration = model
    configuration.objective = .epsilon
    let teacher = try SiT(configuration)
    configuration.objective = .velocity
    let refiner = try VelocityRefiner(RefinerConfiguration().network(for: configuration))
    let points = ToyFlow.Points(count: 8)
    let error = #expect(throws: InputError.self) {
      _ = try TrainingRun.refiner(
        refiner, teacher: teacher, teacherWeights: [:], latents: points,
        options: RefinerTrainingOptions(), seed: 1, output: "nowhere", identity: RunIdentity([:]))
    }
    #expect(error?.description.contains("objective epsilon") == true)
    configuration.objective = .epsilon
    configuration.velocityInput = true
    #expect(throws: InvalidField.self) { try configuration.validate() }
  }
}
