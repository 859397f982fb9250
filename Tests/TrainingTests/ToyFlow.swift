import Models
import Randomness
import TensorGraph

@testable import Training

/// A flow on the plane that trains in milliseconds: v(x, t) = W·[x, t] + label row + shift.
enum ToyFlow {
  static let sampleShape: Shape = [2]
  static let classes = 3
  static let parameters = [
    Parameter("field.weight", [2, 3], .normal(standardDeviation: 0.3)),
    Parameter("labels.weight", [4, 2], .normal(standardDeviation: 0.1)),
    Parameter("shift", [2], .ones, isTrainable: false),
  ]

  @Sendable static func velocity(_ x: Tensor, _ t: Tensor, _ labels: Tensor) throws -> Tensor {
    let graph = x.graph
    let input = try x.concatenated(with: t.reshaped([t.shape[0], 1]), axis: 1)  // (n, 3)
    let field = try input.linear(weight: graph.variable("field.weight", [2, 3]), bias: nil)
    let rows = try graph.variable("labels.weight", [4, 2]).gather(labels)
    return try field + rows + graph.variable("shift", [2])
  }

  static let flow = FlowMatchingLoss(sampleShape: sampleShape, velocity: velocity)

  /// The refiner adds one scale of the velocity to nothing.
  static let refinerParameters = [Parameter("scale", [2], .zeros)]
  static let offset = VelocityOffsetLoss(
    sampleShape: sampleShape, teacher: velocity,
    refiner: { _, _, _, velocity in try velocity * velocity.graph.variable("scale", [2]) })

  /// Points of three clusters, their posteriors narrow.
  struct Points: LatentSource {
    let count: Int
    /// Sample whose loss leaves float32.
    var broken: Int?
    /// Sample whose mean is not a number.
    var missing: Int?
    let sampleShape = ToyFlow.sampleShape
    let scale: Float = 0.5
    var labels: [Int32] { (0..<count).map { Int32($0 % classes) } }

    func read(
      index: Int, flip: Bool, mean: UnsafeMutableBufferPointer<Float>,
      logVariance: UnsafeMutableBufferPointer<Float>
    ) throws {
      mean[0] =
        (index == missing ? .nan : index == broken ? 1e30 : Float(index % 3)) * (flip ? -1 : 1)
      mean[1] = Float(index)
      logVariance.update(repeating: -4)
    }
  }

  static func options(steps: Int, batch: Int = 4) -> PredictorTrainingOptions {
    var options = PredictorTrainingOptions()
    options.common.steps = steps
    options.common.batch = batch
    options.common.optimizer.learningRate = 0.01
    options.common.optimizer.weightDecay = 0.1
    options.common.optimizer.emaDecay = 0.9
    options.common.optimizer.schedule = LearningRateSchedule(decay: .cosine, warmupSteps: 2)
    options.common.checkpoint.every = 4
    options.common.checkpoint.keep = 2
    options.common.heldOut.every = 6
    return options
  }

  static func run(
    output: String, steps: Int = 12, broken: Int? = nil, options: PredictorTrainingOptions? = nil
  ) throws -> TrainingRun {
    let options = options ?? Self.options(steps: steps)
    let points = Points(count: 40, broken: broken)
    let split = try DataSplit(count: points.count, heldOut: 11, seed: 5)
    let draws = FlowDraws(options, classes: 3)
    var run = TrainingRun(
      parameters: parameters, loss: flow,
      batches: try LatentBatches(points, training: split.training, draws: draws, seed: 5),
      options: options.common, output: output,
      identity: RunIdentity(["seed": "5", "training.batch": "\(options.common.batch)"]))
    run.heldOut = try HeldOutLatents(points, heldOut: split.heldOut, draws: draws, seed: 5)
    run.metadata = ["kind": "toy"]
    return run
  }
}
