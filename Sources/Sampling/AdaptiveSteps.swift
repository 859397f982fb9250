// R rows, see Guidance.swift.
import Diagnostics
import Foundation
import TensorGraph

/// How long the next step of an embedded pair may be.
///
/// Source: Hairer, Nørsett, Wanner, "Solving ordinary differential equations I", 1993,
/// section II.4; the constants are torchdiffeq's.
enum StepControl {
  private static let safety = 0.9
  private static let largestGrowth = 10.0
  private static let smallestGrowth = 0.2
  /// More steps are refused, as no tolerance that float32 can meet takes them.
  static let maximumSteps = 10_000

  /// - Parameters:
  ///   - length: of the step just tried.
  ///   - error: its error over the tolerance; up to 1 is accepted.
  ///   - order: of the rule.
  static func next(after length: Double, error: Double, order: Int) -> Double {
    guard error > 0 else { return length * largestGrowth }
    // After a step that was accepted the next is no shorter.
    let least = error < 1 ? 1 : smallestGrowth
    let wanted = safety / pow(error, 1 / Double(order))
    return length * min(largestGrowth, max(wanted, least))
  }

  /// The first step's length from the sizes of latents, velocity and its change, each a root
  /// mean square over the tolerance.
  enum First {
    /// A length short enough to see how the velocity changes.
    static func trial(latents: Double, velocity: Double) -> Double {
      latents < 1e-5 || velocity < 1e-5 ? 1e-6 : 0.01 * latents / velocity
    }

    /// - Parameter change: of the velocity per unit of time.
    static func length(trial: Double, velocity: Double, change: Double, order: Int) -> Double {
      let steepest = max(velocity, change)
      let length =
        steepest <= 1e-15
        ? max(1e-6, trial * 1e-3) : pow(0.01 / steepest, 1 / Double(order))
      return min(100 * trial, length)
    }
  }
}

extension Sampler {
  /// Runs `dopri5`: steps of Dormand–Prince 5(4) whose length follows the embedded error, one
  /// norm over the whole batch, so that results depend on what else is in the batch within
  /// the tolerance. The last step may pass t = 1 and is interpolated back, as torchdiffeq's.
  ///
  /// Latents that are not finite are returned as they are.
  func integrateAdaptively(from x: HostTensor, labels: HostTensor, _ observer: Observer?) throws
    -> HostTensor
  {
    var state = try run(PredictorEvaluation(), SampleState(x: x), from: 0, labels: labels)
    var length = try firstStep(state, labels: labels)
    var (time, steps) = (0.0, 0)
    var dense: DenseStep?
    for (index, wanted) in grid.times.dropFirst().enumerated() {
      while time < Double(wanted) {
        steps += 1
        guard steps <= StepControl.maximumSteps, length > 1e-9 else {
          throw InputError(
            "plan '\(plan)'", expected: "steps that meet the tolerance",
            found: "step \(steps) of length \(length) at t = \(time)",
            remedy: "raise sampling.rtol and sampling.atol")
        }
        let tried = try run(
          DormandPrince5Block(), state, from: time, length: length, labels: labels)
        let error = rootMeanSquare(tried)
        guard error.isFinite else { return tried.x }
        if error <= 1 {
          dense = DenseStep(from: state, to: tried, time: time, length: length)
          time += length
          state = tried
        }
        length = StepControl.next(after: length, error: error, order: DormandPrince5Block.order)
      }
      let latents = dense?.latents(at: Double(wanted)) ?? state.x
      if let velocity = state.others[.velocity] {
        let step = Step(
          index: index, count: plan.steps, latents: latents, velocity: velocity)
        try observer?(step)
      }
      if index + 1 == plan.steps { return latents }
    }
    return state.x
  }

  /// Runs a block with the modulations of its own times, as no step is known before.
  func run(
    _ block: any BlockFunction, _ state: SampleState, from start: Double, length: Double = 0,
    labels: HostTensor
  ) throws -> SampleState {
    let step = GridStep(
      index: 0, times: [Float(start), Float(start + length)], delta: Float(length))
    var modulations: [NetworkRole: BatchModulations] = [:]
    for (role, times) in try times(block, step, shape: state.x.shape) {
      modulations[role] = table(role, times: times)?.batch(Array(labels.integers))
    }
    return try run(
      block, state, step: step, labels: labels, modulations: { try modulations[$0]?.at($1) })
  }

  private func rootMeanSquare(_ state: SampleState) -> Double {
    guard let rows = state.others[.errors]?.array(), !rows.isEmpty else { return .nan }
    return (rows.reduce(0) { $0 + Double($1) } / Double(rows.count)).squareRoot()
  }

  /// The first step's length; takes an evaluation.
  private func firstStep(_ state: SampleState, labels: HostTensor) throws -> Double {
    guard let velocity = state.others[.velocity] else { return 1e-3 }
    let x = state.x.array()
    let scale = x.map { settings.absoluteTolerance + settings.relativeTolerance * Double(abs($0)) }
    func size(_ values: [Float]) -> Double {
      let sum = zip(values, scale).reduce(0) { sum, pair in
        let ratio = Double(pair.0) / pair.1
        return sum + ratio * ratio
      }
      return (sum / Double(values.count)).squareRoot()
    }
    let slopes = velocity.array()
    let speed = size(slopes)
    // A step of any length shows what is not finite.
    guard speed.isFinite else { return 1 }
    let trial = StepControl.First.trial(latents: size(x), velocity: speed)
    let moved = HostTensor(
      zip(x, slopes).map { $0 + Float(trial) * $1 }, shape: state.x.shape)
    let there = try run(
      PredictorEvaluation(), SampleState(x: moved), from: trial, labels: labels)
    let change = size(zip(there.others[.velocity]?.array() ?? [], slopes).map { $0 - $1 }) / trial
    return StepControl.First.length(
      trial: trial, velocity: speed, change: change, order: DormandPrince5Block.order)
  }
}

/// An accepted step, between whose ends latents are interpolated.
private struct DenseStep {
  let from: SampleState
  let to: SampleState
  let time: Double
  let length: Double

  func latents(at wanted: Double) -> HostTensor {
    let u = (wanted - time) / length
    guard u != 1, let middle = to.others[.middle], let start = from.others[.velocity],
      let end = to.others[.velocity]
    else { return to.x }
    return QuarticInterpolation(
      start: from.x, end: to.x, middle: middle, startSlope: start, endSlope: end,
      length: Float(length))(u)
  }
}
