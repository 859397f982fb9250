// n samples; R rows: n for each branch, see Guidance.swift.
import TensorGraph

extension Sampler {
  /// Runs `adaptive` and `adaptive:N`: Adams–Bashforth of second order, as `ab2`, with the steps
  /// of ``VelocitySteps``, of a batch or of each of its samples.
  ///
  /// An observer sees every one of N steps; of `adaptive`, whose samples differ in how many they
  /// take, the end.
  func integrateByVelocity(
    from x: HostTensor, labels: HostTensor, evaluations: Int, _ observer: Observer?
  ) throws -> HostTensor {
    let (count, branches) = (x.shape[0] / field.guidance.branches, field.guidance.branches)
    let isShared = settings.adaptive.per == .batch || count == 1
    let steps = settings.adaptive.velocitySteps(
      evaluations: evaluations, from: Double(grid.times[0]),
      to: Double(grid.times[grid.times.count - 1]))
    var clocks = Array(repeating: steps, count: isShared ? 1 : count)
    var state = SampleState(x: x.copy())
    var last: HostTensor?
    for index in 0... {
      let active = clocks.indices.filter { !clocks[$0].isAtEnd }
      guard !active.isEmpty else { break }
      let picked = ActiveSamples(
        isShared ? Array(0..<count) : active, of: count, branches: branches)
      let steps: AdaptiveSteps =
        isShared
        ? .shared(from: clocks[0].time, length: 0)
        : .perSample(picked.picked.map { GridStep(clocks[$0].time, 0) })
      let evaluated = try run(PredictorEvaluation(), state, picked, steps: steps, labels: labels)
      guard let velocity = evaluated.others[.velocity] else {
        throw ProgramError("sampling plan \(plan): its program returned no velocity")
      }
      let latest = last ?? x.copy()
      for (position, clock) in active.enumerated() {
        let tried = isShared ? Array(0..<x.shape[0]) : picked.rows(at: position)
        let whole = isShared ? tried : picked.rows(of: clock)
        clocks[clock].next(norm: velocity.rootMeanSquare(rows: tried))
        let weights = clocks[clock].weights
        for (whole, row) in zip(whole, tried) {
          state.x.move(whole, velocity, row, by: weights, last: last)
          latest.copyRow(whole, from: velocity, at: row)
        }
      }
      last = latest
      state.others[.velocity] = latest
      if evaluations > 1, observer != nil { try observe(index, state.copy(), observer) }
    }
    if evaluations <= 1 { try observe(0, state, observer) }
    return state.x
  }
}

extension SampleState {
  /// For an observer, which may keep what it sees: steps move latents where they lie.
  fileprivate func copy() -> SampleState {
    SampleState(x: x.copy(), others: others.mapValues { $0.copy() })
  }
}

extension VelocitySteps {
  /// Of the velocities at the starts of the step that ends at `time` and, but for the first, the
  /// one before.
  fileprivate var weights: [Float] {
    let latest = times.suffix(3).map { Float($0) }
    let step = GridStep(index: latest.count - 2, times: latest, delta: 0)
    return AdamsBashforthBlock.weights(step, latest.count - 1).map { Float($0) }
  }
}

extension HostTensor {
  /// Adds weighted velocities to a row: row `source` of `velocity`, and of `last` the row's own.
  fileprivate func move(
    _ row: Int, _ velocity: HostTensor, _ source: Int, by weights: [Float], last: HostTensor?
  ) {
    let length = shape.elementCount / max(shape[0], 1)
    for i in 0..<length {
      var change = weights[0] * velocity.floats[source * length + i]
      if weights.count > 1, let last { change += weights[1] * last.floats[row * length + i] }
      floats[row * length + i] += change
    }
  }
}
