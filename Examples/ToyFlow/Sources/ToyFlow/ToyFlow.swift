// Trains a velocity refiner for a flow on the plane and samples with it.
// Data: eight Gaussians on a circle. Teacher: their exact velocity. n points, K Gaussians.
import CPUExecutor
import Foundation
import Models
import Randomness
import Sampling
import TensorGraph
import Training

let deviation: Float = 0.2
let classes = 8
let angles = (0..<classes).map { 2 * Float.pi * Float($0) / Float(classes) }
let centres = angles.flatMap { [2 * cos($0), 2 * sin($0)] }

/// E[x1 − x0 | x_t = x] on the path x_t = t·x1 + (1−t)·x0: a mean of the Gaussians' own
/// velocities, weighted by how likely each is at x.
@Sendable func teacher(_ x: Tensor, _ t: Tensor, _ labels: Tensor) throws -> Tensor {
  let n = x.shape[0]
  let (x, t) = (try x.reshaped([n, 1, 2]), try t.reshaped([n, 1, 1]))
  let centre = x.graph.constant(centres, shape: [1, classes, 2])
  let offset = try x - t * centre  // (n, K, 2)
  let variance = try (1 - t) * (1 - t) + t * t * (deviation * deviation)  // (n, 1, 1)
  let velocities = try centre + offset * (t * (deviation * deviation) + t - 1) / variance
  let distances = try (offset * offset / variance).sum([2])  // (n, K)
  let parts = try distances.split(classes, axis: 1)
  let nearest = try parts.dropFirst().reduce(parts[0]) { try $0.minimum($1) }  // (n, 1)
  let weights = try ((nearest - distances) * 0.5).exponential().reshaped([n, classes, 1])
  return try (weights * velocities).sum([1]) / weights.sum([1])  // (n, 2)
}

/// A small network of x, velocity and time that starts as zero.
let layers = [
  Linear("refiner.0", inputs: 5, outputs: 64, weight: .xavierUniform, bias: .zeros),
  Linear("refiner.1", inputs: 64, outputs: 64, weight: .xavierUniform, bias: .zeros),
  Linear("refiner.2", inputs: 64, outputs: 2, weight: .zeros, bias: .zeros),
]
@Sendable func refiner(_ x: Tensor, _ t: Tensor, _ v: Tensor, _ labels: Tensor) throws -> Tensor {
  let input = try x.concatenated(with: v, t.reshaped([t.shape[0], 1]), axis: 1)  // (n, 5)
  return try layers[2](layers[1](layers[0](input).silu()).silu())  // (n, 2)
}

/// The posterior of each data point is one of the Gaussians.
struct Mixture: LatentSource {
  let labels = (0..<4096).map { Int32($0 % classes) }
  var count: Int { labels.count }
  let sampleShape: Shape = [2]
  let scale: Float = 1
  func read(
    index: Int, flip: Bool, mean: UnsafeMutableBufferPointer<Float>,
    logVariance: UnsafeMutableBufferPointer<Float>
  ) {
    for axis in 0..<2 { mean[axis] = centres[2 * (index % classes) + axis] }
    logVariance.update(repeating: 2 * log(deviation))
  }
}

var options = RefinerTrainingOptions()
options.common.steps = 1500
options.common.batch = 256
options.common.optimizer.learningRate = 3e-3
options.common.optimizer.emaDecay = 0.99
options.common.optimizer.schedule = LearningRateSchedule(decay: .cosine, warmupSteps: 50)
options.common.heldOut.every = 500

let folder = FileManager.default.temporaryDirectory.appending(path: "toy-\(UUID())").path()
let split = try DataSplit(count: Mixture().count, heldOut: 512, seed: 0)
let draws = FlowDraws(options, classes: classes)
let loss = VelocityOffsetLoss(sampleShape: [2], teacher: teacher) { try refiner($0, $1, $3, $2) }
var run = TrainingRun(
  parameters: layers.flatMap(\.parameters), loss: loss,
  batches: try LatentBatches(Mixture(), training: split.training, draws: draws, seed: 0),
  options: options.common, output: folder, identity: RunIdentity([:]))
run.heldOut = try HeldOutLatents(Mixture(), heldOut: split.heldOut, draws: draws, seed: 0)
let trainer = try Trainer(run, start: .fresh(seed: 0), resume: false, executor: CPUExecutor()) {
  guard case .heldOut(let step, let result) = $0 else { return }
  let means = result.overall.ema
  print("step \(step): loss \(means.loss), zero refiner \(means.parts.first?.value ?? .nan)")
}
_ = try trainer.train()
try FileManager.default.removeItem(atPath: folder)

let noise = HostTensor(shape: [500, 2])
var stream = RandomStream(seed: 1, purpose: .noise, index: 0)
stream.fillNormal(noise.floats)
let guidance = Guidance(scale: 1, channels: .all, nullClass: classes)
func sample(_ plan: String, _ weights: [String: HostTensor]) throws -> [Float] {
  let sampler = try Sampler(
    executor: CPUExecutor(),
    field: VelocityField(guidance: guidance, predictor: teacher, refiner: refiner),
    predictorWeights: [:], refinerWeights: weights, plan: SamplingPlan(plan))
  return try sampler.sample(noise: noise, labels: [Int32](repeating: 0, count: 500)).array()
}
let (zero, ema) = (run.parameters.initialised(seed: 0), trainer.state.weights(.ema))
let exact = try sample("heun:100", zero)
for (name, weights) in [("zero refiner", zero), ("refiner", ema)] {
  let squares = zip(try sample("H1P1R10", weights), exact).map { ($0 - $1) * ($0 - $1) }
  print("H1P1R10 with \(name): RMSE \((squares.reduce(0, +) / 1000).squareRoot())")
}
