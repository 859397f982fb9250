import Foundation
import Models
import ReferenceExecutor
import TensorGraph

@testable import Sampling

/// A small predictor and refiner with weights everywhere, zero layers too.
struct ToyNetworks {
  static let classes = 5
  let predictor: SiT
  let refiner: VelocityRefiner
  let predictorWeights: [String: HostTensor]
  let refinerWeights: [String: HostTensor]

  init(objective: PredictionObjective = .velocity) throws {
    var configuration = SiTConfiguration()
    (configuration.inputSize, configuration.patchSize) = (4, 2)
    (configuration.hiddenSize, configuration.depth, configuration.heads) = (8, 2, 2)
    (configuration.classes, configuration.frequencyEmbeddingSize) = (Self.classes, 4)
    configuration.objective = objective
    predictor = try SiT(configuration)
    configuration.objective = .velocity
    (configuration.velocityInput, configuration.depth) = (true, 1)
    refiner = try VelocityRefiner(configuration)
    predictorWeights = Self.weights(predictor.parameters, phase: 0)
    refinerWeights = Self.weights(refiner.parameters, phase: 1)
  }

  /// Numbers that repeat nowhere, about as large as a trained network's.
  private static func weights(_ parameters: [Parameter], phase: Double) -> [String: HostTensor] {
    var weights: [String: HostTensor] = [:]
    for (number, parameter) in parameters.enumerated() {
      let tensor = HostTensor(shape: parameter.shape)
      for i in tensor.floats.indices {
        tensor.floats[i] = Float(0.5 * sin(Double(i * i % 9973) + 31 * Double(number) + phase))
      }
      weights[parameter.path] = tensor
    }
    return weights
  }

  /// Networks in two parts, or the same ones that take times and labels with every evaluation.
  func field(inTwoParts: Bool, scale: Double, channels: GuidanceChannels = .firstThree)
    -> VelocityField
  {
    let guidance = Guidance(scale: scale, channels: channels, nullClass: Self.classes)
    if inTwoParts {
      return VelocityField(predictor: predictor, refiner: refiner, guidance: guidance)
    }
    return VelocityField(
      guidance: guidance,
      predictor: { [predictor] x, t, labels in try predictor(x, t: t, labels: labels) },
      refiner: { [refiner] x, t, velocity, labels in
        try refiner(x, t: t, velocity: velocity, labels: labels)
      })
  }

  func sampler(
    _ plan: String, inTwoParts: Bool = true, scale: Double = 1.5,
    channels: GuidanceChannels = .firstThree, variant: RefinerVariant = .block,
    settings: SolverSettings = .init(), executor: any Executor = ReferenceExecutor<Float>()
  ) throws -> Sampler {
    try Sampler(
      executor: executor,
      field: field(inTwoParts: inTwoParts, scale: scale, channels: channels),
      predictorWeights: predictorWeights, refinerWeights: refinerWeights,
      plan: SamplingPlan(plan), variant: variant, settings: settings)
  }

  func diffusion(_ indices: Range<Int>) -> DiffusionNoise {
    SampleDraws(seed: 3, labels: .random, classes: Self.classes).diffusion(indices)
  }

  func noise(_ indices: Range<Int>) -> HostTensor {
    SampleDraws(seed: 3, labels: .random, classes: Self.classes)
      .noise(indices, shape: [4, 4, 4])
  }
}

/// The largest difference over the root mean square of `expected`.
func relativeDifference(_ found: [Float], _ expected: [Float]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let squares = expected.reduce(0) { $0 + Double($1) * Double($1) }
  let size = (squares / Double(max(expected.count, 1))).squareRoot()
  return zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - Double($1.1)) / size) }
}

/// Compiles with the reference executor and writes down what is compiled and run.
final class RecordingExecutor: Executor {
  private(set) var graphs: [(graph: Graph, frozen: Bool)] = []
  /// The inputs of every run, by the outputs' names, joined.
  private(set) var runs: [(outputs: String, inputs: [String: HostTensor])] = []

  func compile(_ graph: Graph, variables: [String: HostTensor], frozen: Bool) throws -> any Program
  {
    graphs.append((graph, frozen))
    return Recorded(
      try ReferenceExecutor<Float>().compile(graph, variables: variables, frozen: frozen),
      outputs: graph.outputs.map(\.name).joined(separator: " "), recorder: self)
  }

  private final class Recorded: Program {
    let program: any Program
    let outputs: String
    let recorder: RecordingExecutor

    init(_ program: any Program, outputs: String, recorder: RecordingExecutor) {
      (self.program, self.outputs, self.recorder) = (program, outputs, recorder)
    }

    func run(_ inputs: [String: HostTensor]) throws -> [String: HostTensor] {
      recorder.runs.append((outputs, inputs))
      return try program.run(inputs)
    }
  }

  /// The labels of all products of modulations so far, in order.
  var conditioned: [[Int32]] {
    runs.filter { $0.outputs == "modulations" }
      .compactMap { run in run.inputs["labels"].map { labels in Array(labels.integers) } }
  }

  /// The variables of the programs that are no conditioning.
  var blockVariables: Set<String> {
    var names: Set<String> = []
    for (graph, _) in graphs where graph.outputs.map(\.name) != ["modulations"] {
      for node in graph.nodes {
        if case .variable(let name) = node.operation { names.insert(name) }
      }
    }
    return names
  }
}
