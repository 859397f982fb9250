// n samples of a batch.
import Diagnostics
import Models
import TensorGraph
import Training

/// Steps of a training on one stored batch, by the training's own step program.
struct TrainingReplay {
  let fixture: Fixture
  let executor: any Executor
  let loss: any TrainingLoss
  let parameters: [Parameter]
  /// Of `parameters`, at the start.
  let weights: [String: HostTensor]
  /// What the loss reads beside them and no step changes.
  var frozen: [String: HostTensor] = [:]
  let batch: Batch
  var optimizer = OptimizerOptions()
  /// Steps to take for the results that need them.
  var steps: Int?

  /// Results of the first step by name: `loss` and its parts, `loss_per_sample`,
  /// `grad/<path>` and its summaries `grad_norm`, `grad_head` and `grad_probe`, and what the
  /// loss itself put out; `losses` of all steps; and after the last step `param/<path>`,
  /// `ema/<path>`, `exp_avg/<path>` and `exp_avg_sq/<path>`.
  func outputs(_ names: [String]) throws -> [String: ComputedTensor] {
    let isLate = Dictionary(grouping: names) { name in
      name == "losses"
        || ["param/", "ema/", "exp_avg/", "exp_avg_sq/"].contains(where: name.hasPrefix)
    }
    return try firstStep(isLate[false] ?? [])
      .merging(lastStep(isLate[true] ?? [])) { first, _ in first }
  }

  private func firstStep(_ names: [String]) throws -> [String: ComputedTensor] {
    if names.isEmpty { return [:] }
    let (graph, partNames) = try TrainingStep.graph(
      loss: loss, parameters: parameters, batch: batch.count, accumulation: 1,
      optimizer: optimizer, reportingGradients: true)
    var inputs = batch.tensors
    // Learning rate 0; the update is thrown away with the state.
    inputs["rates"] = HostTensor([0, 1, 1, 0] as [Float], shape: [4])
    let values = try executor.compile(
      graph, variables: try variables(TrainingState(parameters, weights: weights)), frozen: true
    ).run(inputs)

    var outputs: [String: ComputedTensor] = [:]
    for name in names {
      if name == "loss_per_sample" {
        outputs[name] = values["sample/loss"].map { ComputedTensor($0) }
      } else if partNames.contains(name) {
        outputs[name] = values["part/\(name)"].map { ComputedTensor($0) }
      } else if let value = values[name] {
        outputs[name] = ComputedTensor(value)
      } else {
        outputs[name] = try gradientSummary(name, values)
      }
    }
    return outputs
  }

  private func gradientSummary(_ name: String, _ values: [String: HostTensor]) throws
    -> ComputedTensor?
  {
    let parts = name.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let gradient = values["grad/\(parts[1])"]?.array().map(Double.init)
    else { return nil }
    switch parts[0] {
    case "grad_norm":
      let square = gradient.reduce(0) { $0 + $1 * $1 }
      return ComputedTensor(shape: [], values: [square.squareRoot()])
    case "grad_head":
      return ComputedTensor(Array(gradient.prefix(try fixture.shape(name).reduce(1, *))))
    case "grad_probe":
      let probe = try fixture.formula("inputs", "model")
        .signed("probe/\(parts[1])", count: gradient.count)
      let product = zip(gradient, probe).reduce(0) { $0 + $1.0 * Double($1.1) }
      return ComputedTensor(shape: [], values: [product])
    default: return nil
    }
  }

  private func lastStep(_ names: [String]) throws -> [String: ComputedTensor] {
    if names.isEmpty { return [:] }
    let count = try steps ?? fixture.shape("losses").reduce(1, *)
    guard (1...100_000).contains(count) else {
      throw InputError(
        "\(fixture.path): metadata 'config', config.steps", expected: "1 to 100000",
        found: "\(count)")
    }
    let state = try TrainingState(parameters, weights: weights)
    let variables = variables(state)
    let step = try TrainingStep(
      loss: loss, parameters: parameters, batch: batch.count, accumulation: 1,
      optimizer: optimizer, executor: executor, variables: variables)
    let losses = try (1...count).map {
      Double(try step.run(batch, step: $0, learningRate: optimizer.learningRate).loss)
    }

    var outputs: [String: ComputedTensor] = [:]
    for name in names {
      if name == "losses" {
        outputs[name] = ComputedTensor(losses)
        continue
      }
      let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
      // `param/` names no weight.
      guard parts.count == 2 else { continue }
      let variable: String? =
        switch parts[0] {
        case "param": parts[1]
        case "ema": TrainingState.Slot.ema.name(parts[1])
        case "exp_avg": TrainingState.Slot.firstMoment.name(parts[1])
        case "exp_avg_sq": TrainingState.Slot.secondMoment.name(parts[1])
        default: nil
        }
      outputs[name] = variable.flatMap { state.variables[$0] }.map { ComputedTensor($0) }
    }
    return outputs
  }

  private func variables(_ state: TrainingState) -> [String: HostTensor] {
    state.variables.merging(frozen) { own, _ in own }
  }
}
