// n samples, C channels, S side of the latents.
import Diagnostics
import Models
import TensorGraph
import Training

/// Kind `train_predictor`: flow matching on the stored x1, x0, t, y and drop_ids.
///
/// Results are those of ``TrainingReplay``, and `pred`, the velocity (n, C, S, S).
struct PredictorTrainingCheck: FixtureCheck {
  private struct Settings: Decodable {
    let model: NetworkSettings
    let schedule: TrainingSchedule

    init(from decoder: any Decoder) throws {
      model = try decoder.container(keyedBy: CodingKeys.self)
        .decode(NetworkSettings.self, forKey: .model)
      schedule = try TrainingSchedule(from: decoder)
    }

    private enum CodingKeys: String, CodingKey { case model }
  }

  private let replay: TrainingReplay

  static let bfloat16Tolerance: Double? = 0x1p-5

  static func isInput(_ name: String) -> Bool { FlowBatch.names.contains(name) }

  init(_ fixture: Fixture, executor: any Executor) throws {
    let settings = try fixture.configuration(Settings.self)
    let model = try SiT(settings.model.configuration(isRefiner: false))
    let loss = FlowMatchingLoss(sampleShape: model.sampleShape) { x, t, labels in
      let velocity = try model(x, t: t, labels: labels)
      velocity.graph.output("pred", velocity)
      return velocity
    }
    replay = TrainingReplay(
      fixture: fixture, executor: executor, loss: loss, parameters: model.parameters,
      weights: try fixture.formula("model").weights(model.parameters),
      batch: try FlowBatch.read(fixture, loss.inputs, model.configuration),
      optimizer: try settings.schedule.options(), steps: settings.schedule.steps)
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] { try replay.outputs(names) }
}

/// Kind `train_refiner`: velocity-offset regression on the stored x1, x0, t, dt, y and
/// drop_ids, the same batch in every step. Results are those of ``TrainingReplay``.
struct RefinerTrainingCheck: FixtureCheck {
  private struct Settings: Decodable {
    let teacher: NetworkSettings
    let refiner: NetworkSettings
    let schedule: TrainingSchedule

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      teacher = try values.decode(NetworkSettings.self, forKey: .teacher)
      refiner = try values.decode(NetworkSettings.self, forKey: .refiner)
      schedule = try TrainingSchedule(from: decoder)
    }

    private enum CodingKeys: String, CodingKey { case teacher, refiner }
  }

  private let replay: TrainingReplay

  static let bfloat16Tolerance: Double? = 0x1p-5

  static func isInput(_ name: String) -> Bool { FlowBatch.names.contains(name) }

  init(_ fixture: Fixture, executor: any Executor) throws {
    let settings = try fixture.configuration(Settings.self)
    let teacher = try SiT(settings.teacher.configuration(isRefiner: false))
    let refiner = try VelocityRefiner(settings.refiner.configuration(isRefiner: true))
    let loss = VelocityOffsetLoss(teacher: teacher, refiner: refiner)
    replay = TrainingReplay(
      fixture: fixture, executor: executor, loss: loss, parameters: refiner.parameters,
      weights: try fixture.formula("refiner").weights(refiner.parameters),
      frozen: VelocityOffsetLoss.teacherVariables(
        try fixture.formula("teacher").weights(teacher.parameters)),
      batch: try FlowBatch.read(fixture, loss.inputs, teacher.configuration),
      optimizer: try settings.schedule.options(), steps: settings.schedule.steps)
  }

  func outputs(_ names: [String]) throws -> [String: ComputedTensor] { try replay.outputs(names) }
}

/// How long and by which rule a fixture trains.
private struct TrainingSchedule: Decodable {
  let optimizer: OptimizerSettings?
  let steps: Int?
  let emaDecay: Double?

  enum CodingKeys: String, CodingKey {
    case optimizer, steps
    case emaDecay = "ema_decay"
  }

  func options() throws -> OptimizerOptions {
    try (optimizer ?? OptimizerSettings()).options(emaDecay: emaDecay)
  }
}

/// A batch of the flow losses as fixtures store it.
private enum FlowBatch {
  static let names: Set = ["x1", "x0", "t", "dt", "y", "drop_ids"]

  static func read(_ fixture: Fixture, _ inputs: [BatchInput], _ model: SiTConfiguration) throws
    -> Batch
  {
    let count = try fixture.input("x1").shape.dimensions.first ?? 0
    let batch = Batch(inputs, count: count)
    for (name, tensor) in batch.tensors {
      switch name {
      case "labels", "dropped_labels": break
      case "dt":
        // One for the whole batch, or one for each sample.
        let isOne = try fixture.shape(name) != [count]
        let values = try fixture.input(name, isOne ? [1] : [count]).array()
        for row in 0..<count { batch.setFloat(name, row: row, values[isOne ? 0 : row]) }
      default:
        tensor.copyContents(of: try fixture.input(name, tensor.shape.dimensions))
      }
    }
    let labels = try fixture.integers("y", count: count, upTo: model.nullClass)
    let drops =
      try fixture.contains("drop_ids")
      ? fixture.integers("drop_ids", count: count, upTo: 1)
      : [Int32](repeating: 0, count: count)
    for (row, label) in labels.enumerated() {
      batch.setInteger("labels", row: row, label)
      batch.setInteger(
        "dropped_labels", row: row, drops[row] == 1 ? Int32(clamping: model.nullClass) : label)
    }
    return batch
  }
}

extension SiT {
  /// Of the latents of one sample, (C, S, S).
  fileprivate var sampleShape: Shape { Shape(Array(latentShape(1).dimensions.dropFirst())) }
}
