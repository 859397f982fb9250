// n samples of a batch, cut into `accumulation` parts.
import Foundation
import Models
import TensorGraph

/// One update of the weights as one compiled program: loss, gradients, their
/// norm, AdamW and moving average.
public final class TrainingStep {
  /// What a step reports, all of it computed before the update.
  public struct Result: Sendable {
    /// Mean over the batch.
    public let loss: Float
    /// The loss's parts, means over the batch.
    public let parts: [(name: String, value: Float)]
    /// L2 norm of the whole gradient, before clipping.
    public let gradientNorm: Float

    public var isFinite: Bool { loss.isFinite && gradientNorm.isFinite }
  }

  private let program: any Program
  private let partNames: [String]
  private let optimizer: OptimizerOptions
  private let rates = HostTensor(shape: [4])

  /// - Parameters:
  ///   - variables: ``TrainingState/variables`` and those of frozen networks; the
  ///     program updates the former in place.
  /// - Throws: `ShapeError`, `GradientError` or `ProgramError` where loss,
  ///   parameters and variables do not fit together.
  public init(
    loss: any TrainingLoss, parameters: [Parameter], batch: Int, accumulation: Int,
    optimizer: OptimizerOptions, executor: any Executor, variables: [String: HostTensor]
  ) throws {
    let traced = try Self.graph(
      loss: loss, parameters: parameters, batch: batch, accumulation: accumulation,
      optimizer: optimizer)
    partNames = traced.partNames
    // What the step does not update, such as a teacher, does not change while it runs.
    program = try executor.compile(traced.graph, variables: variables, frozen: true)
    self.optimizer = optimizer
  }

  /// Runs step `step`, counted from 1, on `batch`.
  public func run(_ batch: Batch, step: Int, learningRate: Double) throws -> Result {
    rates.floats[0] = Float(learningRate)
    rates.floats[1] = Float(1 - pow(optimizer.beta1, Double(step)))
    rates.floats[2] = Float(1 - pow(optimizer.beta2, Double(step)))
    rates.floats[3] = Float(optimizer.emaDecay)
    var inputs = batch.tensors
    inputs["rates"] = rates
    let outputs = try program.run(inputs)
    func scalar(_ name: String) throws -> Float {
      guard let value = outputs[name]?.floats.first else {
        throw ProgramError("the step program returned no '\(name)'")
      }
      return value
    }
    return Result(
      loss: try scalar("loss"),
      parts: try partNames.map { ($0, try scalar("part/\($0)")) },
      gradientNorm: try scalar("gradient_norm"))
  }

  /// The program before it is compiled. Inputs: those of the loss, and `rates`
  /// (4): learning rate, 1−β₁ᵗ, 1−β₂ᵗ, decay of the average. Outputs: `loss`,
  /// `part/<name>`, `gradient_norm`.
  ///
  /// - Parameter reportingGradients: adds outputs `grad/<path>`, and for all
  ///   samples `sample/loss` and `sample/<part>`, for checks against references.
  public static func graph(
    loss: any TrainingLoss, parameters: [Parameter], batch: Int, accumulation: Int,
    optimizer: OptimizerOptions, reportingGradients: Bool = false
  ) throws -> (graph: Graph, partNames: [String]) {
    let graph = Graph()
    var inputs: [String: Tensor] = [:]
    for input in loss.inputs {
      let type = input.type(batch)
      inputs[input.name] = try graph.input(input.name, type.shape, type.element)
    }
    let trained = parameters.filter(\.isTrainable)
    let variables = try trained.map { try graph.variable($0.path, $0.shape) }

    // Each part goes forward and backward before the next one starts, so that
    // its activations are gone by then.
    let partSize = batch / accumulation
    var gradients: [Tensor] = []
    var samples: [SampleLosses] = []
    for part in 0..<accumulation {
      let rows = part * partSize..<(part + 1) * partSize
      let losses = try loss(inputs.mapValues { try $0.slice(axis: 0, rows) }, weights: .model)
      let share = try losses.total.sum() * (1 / Float(batch))
      let found = try share.gradients(withRespectTo: variables)
      gradients = part == 0 ? found : try zip(gradients, found).map { try $0 + $1 }
      samples.append(losses)
    }

    func report(_ name: String, _ values: [Tensor]) throws {
      let all = try values.dropFirst().reduce(values[0]) { try $0.concatenated(with: $1, axis: 0) }
      graph.output(name == "loss" ? name : "part/\(name)", try all.mean())
      if reportingGradients { graph.output("sample/\(name)", all) }
    }
    let partNames = samples[0].parts.map(\.name)
    try report("loss", samples.map(\.total))
    for (index, name) in partNames.enumerated() {
      try report(name, samples.map { $0.parts[index].values })
    }

    let squares = try gradients.map { try ($0 * $0).sum() }
    let norm = try squares.dropFirst().reduce(squares[0]) { try $0 + $1 }.squareRoot()
    graph.output("gradient_norm", norm)
    if reportingGradients {
      for (parameter, gradient) in zip(trained, gradients) {
        graph.output("grad/\(parameter.path)", gradient)
      }
    }

    let factor = try clipFactor(norm, limit: optimizer.gradientClip)
    let rates = try graph.input("rates", [4]).concatenated(with: factor, axis: 0)
    let settings = AdamWSettings(
      beta1: optimizer.beta1, beta2: optimizer.beta2, epsilon: optimizer.epsilon,
      weightDecay: optimizer.weightDecay)
    for ((parameter, variable), gradient) in zip(zip(trained, variables), gradients) {
      let held = try TrainingState.Slot.allCases.map {
        try graph.variable($0.name(parameter.path), parameter.shape)
      }
      let updated = try graph.add(.adamW(settings), [variable, gradient] + held + [rates])
      for (variable, value) in zip([variable] + held, updated) {
        try graph.assign(variable, value)
      }
    }
    return (graph, partNames)
  }

  /// What gradients are multiplied by, (1), so that their norm stays within
  /// `limit`; the small number is PyTorch's `clip_grad_norm_`.
  private static func clipFactor(_ norm: Tensor, limit: Double?) throws -> Tensor {
    let one = norm.graph.constant([1], shape: [1])
    guard let limit else { return one }
    return try (norm.graph.constant(Float(limit)) / (norm + 1e-6)).reshaped([1]).minimum(one)
  }
}
