// R rows, see Guidance.swift.
import TensorGraph

/// The lengths of `adaptive:N`: steps that are long where the velocity is small,
///
///     Δt = C/‖F(x, t)‖, within 1/(2N) and 2/N,
///
/// with the C that uses up N evaluations: of n that are left at time t,
/// C = (1 − t)/(n·m), m the mean of 1/‖F‖ over the evaluations so far. The last step goes to 1.
/// ‖F‖ is the root mean square over the batch. For velocities of constant size steps are uniform.
struct VelocitySteps {
  private static let bound = 2.0

  let count: Int
  private(set) var times = [0.0]
  private var inverseNorms: [Double] = []

  init(count: Int) { self.count = count }

  /// The end of the step at whose start the velocity has this norm.
  mutating func next(norm: Double) -> Double {
    let time = times[times.count - 1]
    let left = count - inverseNorms.count
    inverseNorms.append(1 / max(norm, 1e-12))
    let mean = inverseNorms.reduce(0, +) / Double(inverseNorms.count)
    let share = inverseNorms[inverseNorms.count - 1] / mean
    let wanted = (1 - time) / Double(left) * share
    // The steps that are left must be able to keep the bounds, too.
    let (short, long) = (1 / (Self.bound * Double(count)), Self.bound / Double(count))
    let rest = 1 - time
    let shortest = max(short, rest - Double(left - 1) * long)
    let longest = min(long, rest - Double(left - 1) * short)
    let end = left <= 1 ? 1 : time + min(max(wanted, shortest), longest)
    times.append(end)
    return end
  }
}

extension Sampler {
  /// Runs `adaptive:N`: Adams–Bashforth of second order, as `ab2`, with the steps of
  /// ``VelocitySteps``. A batch has its steps in common.
  func integrateByVelocity(
    from x: HostTensor, labels: HostTensor, count: Int, _ observer: Observer?
  ) throws -> HostTensor {
    var steps = VelocitySteps(count: count)
    var state = SampleState(x: x)
    var last: HostTensor?
    for index in 0..<count {
      let evaluated = try run(
        PredictorEvaluation(), state, from: steps.times[index], labels: labels)
      guard let velocity = evaluated.others[.velocity] else {
        throw ProgramError("sampling plan \(plan): its program returned no velocity")
      }
      _ = steps.next(norm: rootMeanSquare(velocity))
      let step = GridStep(index: index, times: steps.times.map { Float($0) }, delta: 0)
      let weights = AdamsBashforthBlock.weights(step, last == nil ? 1 : 2).map { Float($0) }
      let next = state.x.copy()
      for i in next.floats.indices {
        var change = weights[0] * velocity.floats[i]
        if let last { change += weights[1] * last.floats[i] }
        next.floats[i] += change
      }
      last = velocity
      state = SampleState(x: next, others: [.velocity: velocity])
      try observe(index, state, observer)
    }
    return state.x
  }

  private func rootMeanSquare(_ tensor: HostTensor) -> Double {
    let sum = tensor.array().reduce(0) { $0 + Double($1) * Double($1) }
    return (sum / Double(max(tensor.shape.elementCount, 1))).squareRoot()
  }
}
