// n samples; R rows: n for each branch, see Guidance.swift.
import Diagnostics
import TensorGraph

extension Sampler {
  /// Runs an embedded pair: steps whose length follows the embedded error, one norm and one
  /// time for a batch, or for each of its samples (``AdaptiveOptions/per``), which then leave
  /// the batch at the end of their paths. What else is in a batch changes a sample by rounding
  /// only, but for an error that rounding moves across the tolerance.
  ///
  /// Latents that are not finite are returned as they are.
  func integrate<Pair: EmbeddedPair>(
    _ pair: Pair, from x: HostTensor, labels: HostTensor, _ observer: Observer?
  ) throws -> HostTensor {
    let count = x.shape[0] / field.guidance.branches
    var state = SampleState(x: x.copy())
    if Pair.isFirstSameAsLast {
      state = try run(
        PredictorEvaluation(), state, from: Double(grid.times[0]), labels: labels)
    }
    var clocks = try clocks(pair, count, state, labels: labels)
    let outputs = DenseOutputs(
      grid.times.dropFirst().map(Double.init), like: x, clocks: clocks.count,
      keepsAll: observer != nil)
    while true {
      let active = clocks.indices.filter { clocks[$0].passed < outputs.times.count }
      guard !active.isEmpty else { break }
      let picked = ActiveSamples(
        clocks.count == 1 ? Array(0..<count) : active, of: count, branches: field.guidance.branches)
      for index in active { try prepare(pair, &clocks[index]) }
      let tried = try run(
        pair, state, picked, steps: Self.steps(clocks, picked), labels: labels)
      for (position, index) in active.enumerated() {
        let place =
          clocks.count == 1
          ? ClockRows(whole: Array(0..<x.shape[0]), tried: Array(0..<x.shape[0]))
          : ClockRows(whole: picked.rows(of: index), tried: picked.rows(at: position))
        judge(pair, &clocks[index], tried, place, &state, outputs)
      }
      try outputs.emit { index, latents, velocity in
        try observer?(
          Step(index: index, count: plan.steps, latents: latents, velocity: velocity))
      }
    }
    return outputs.last
  }

  /// Takes the step that was tried, or shortens the next one.
  private func judge<Pair: EmbeddedPair>(
    _ pair: Pair, _ clock: inout AdaptiveClock, _ tried: SampleState, _ rows: ClockRows,
    _ state: inout SampleState, _ outputs: DenseOutputs
  ) {
    let samples = rows.whole.count / field.guidance.branches
    let length = clock.length
    let error = Self.error(tried, rows.tried)
    guard error.isFinite, let velocity = tried.others[.velocity] else {
      steps.accepted += samples
      return outputs.fill(
        from: &clock, rows, tried.x, tried.others[.velocity] ?? tried.x)
    }
    // The last step may be longer by what is too short to be a step.
    let isShortest = settings.adaptive.smallest.map { length <= $0 + Self.leftover } ?? false
    let isAccepted = error <= 1 || isShortest
    if isAccepted {
      let end = clock.stepEnd
      outputs.pass(
        &clock, to: end, rows,
        DenseStep(
          from: state, to: tried, rows: rows, time: clock.time, length: length,
          isFirstSameAsLast: Pair.isFirstSameAsLast), velocity)
      for (whole, row) in zip(rows.whole, rows.tried) {
        state.x.copyRow(whole, from: tried.x, at: row)
        if Pair.isFirstSameAsLast {
          state.others[.velocity]?.copyRow(whole, from: velocity, at: row)
        }
      }
      clock.time = end
    }
    steps.accepted += isAccepted ? samples : 0
    steps.rejected += isAccepted ? 0 : samples
    clock.length = clock.control.next(after: length, error: error, accepted: isAccepted)
  }

  /// Bounds the next step.
  private func prepare<Pair: EmbeddedPair>(_ pair: Pair, _ clock: inout AdaptiveClock) throws {
    let options = settings.adaptive
    clock.tried += 1
    if let largest = options.largest { clock.length = min(clock.length, largest) }
    if let smallest = options.smallest { clock.length = max(clock.length, smallest) }
    guard clock.tried <= StepControl.maximumSteps, clock.length > StepControl.minimumLength else {
      throw InputError(
        "plan '\(plan)'", expected: "steps that meet the tolerance",
        found: "step \(clock.tried) of length \(clock.length) at t = \(clock.time)",
        remedy: "raise sampling.rtol and sampling.atol")
    }
    let end = Double(grid.times[grid.times.count - 1])
    clock.stepEnd = clock.time + clock.length
    guard Pair.staysOnPath, clock.stepEnd > end - Self.leftover else { return }
    clock.length = end - clock.time
    clock.stepEnd = end
  }

  /// What is too short to be a step of its own.
  private static var leftover: Double { 1e-6 }

  private static func steps(
    _ clocks: [AdaptiveClock], _ picked: ActiveSamples
  ) -> AdaptiveSteps {
    guard clocks.count > 1 else {
      return .shared(from: clocks[0].time, length: clocks[0].length)
    }
    return .perSample(picked.picked.map { GridStep(clocks[$0].time, clocks[$0].length) })
  }

  private static func error(_ tried: SampleState, _ rows: [Int]) -> Double {
    guard let errors = tried.others[.errors], !rows.isEmpty else { return .nan }
    let sum = rows.reduce(0) { $0 + Double(errors.floats[$1]) }
    return (sum / Double(rows.count)).squareRoot()
  }

  // MARK: - The first step

  /// A clock for the batch or for each of its samples, with the first step's length.
  private func clocks<Pair: EmbeddedPair>(
    _ pair: Pair, _ count: Int, _ state: SampleState, labels: HostTensor
  ) throws -> [AdaptiveClock] {
    let start = Double(grid.times[0])
    let isShared = settings.adaptive.per == .batch || count == 1
    let clock = AdaptiveClock(time: start, control: StepControl(Pair.control, order: Pair.order))
    var clocks = Array(repeating: clock, count: isShared ? 1 : count)
    let all = ActiveSamples(Array(0..<count), of: count, branches: field.guidance.branches)
    let rows = clocks.indices.map { isShared ? all.rows : all.rows(of: $0) }
    if let first = settings.adaptive.first {
      for index in clocks.indices { clocks[index].length = first }
      return clocks
    }
    let known = state.others[.velocity]
    let here =
      try known
      ?? run(PredictorEvaluation(), state, from: start, labels: labels).others[.velocity]
    guard let here else { throw ProgramError("sampling plan \(plan): no velocity") }
    let sizes = rows.map { scaledSize(state.x, over: state.x, $0) }
    let speeds = rows.map { scaledSize(here, over: state.x, $0) }
    let moved = state.x.copy()
    for (index, rows) in rows.enumerated() {
      // A step of any length shows what is not finite.
      let trial =
        speeds[index].isFinite
        ? StepControl.First.trial(latents: sizes[index], velocity: speeds[index]) : 1e-6
      clocks[index].length = trial
      moved.add(Float(trial), times: here, rows: rows)
    }
    let there = try run(
      PredictorEvaluation(), SampleState(x: moved), all,
      steps: Self.steps(clocks, all), labels: labels)
    guard let there = there.others[.velocity] else {
      throw ProgramError("sampling plan \(plan): no velocity")
    }
    for (index, rows) in rows.enumerated() {
      let trial = clocks[index].length
      there.add(-1, times: here, rows: rows)
      let change = scaledSize(there, over: state.x, rows) / trial
      clocks[index].length =
        speeds[index].isFinite && change.isFinite
        ? StepControl.First.length(
          trial: trial, velocity: speeds[index], change: change, order: Pair.order) : 1
    }
    return clocks
  }

  /// The root mean square over some rows of values over the tolerance at `x`.
  private func scaledSize(_ values: HostTensor, over x: HostTensor, _ rows: [Int]) -> Double {
    let length = x.shape.elementCount / max(x.shape[0], 1)
    var sum = 0.0
    for row in rows {
      for i in row * length..<(row + 1) * length {
        let tolerance =
          settings.absoluteTolerance + settings.relativeTolerance * Double(abs(x.floats[i]))
        let ratio = Double(values.floats[i]) / tolerance
        sum += ratio * ratio
      }
    }
    return (sum / Double(max(rows.count * length, 1))).squareRoot()
  }
}

/// Where a sample, or a batch that has its steps in common, stands.
struct AdaptiveClock {
  var time: Double
  var control: StepControl
  /// Of the next step, and where it ends.
  var length = 0.0
  var stepEnd = 0.0
  /// Steps so far.
  var tried = 0
  /// How many of the times of the dense output lie behind.
  var passed = 0

  init(time: Double, control: StepControl) { (self.time, self.control) = (time, control) }
}

/// The rows that a clock is of: in the whole batch, and in what a program returned.
struct ClockRows {
  let whole: [Int]
  let tried: [Int]
}

extension HostTensor {
  /// Adds a multiple of another tensor to some rows.
  func add(_ factor: Float, times other: HostTensor, rows: [Int]) {
    let length = shape.elementCount / max(shape[0], 1)
    for row in rows {
      for i in row * length..<(row + 1) * length { floats[i] += factor * other.floats[i] }
    }
  }
}
