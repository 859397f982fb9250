// n samples; R rows: n for each branch, see Guidance.swift; P pairs, M modulations.
import TensorGraph

/// A program of modulations for pairs of a time and a label.
struct PairedProgram: Hashable {
  let role: NetworkRole
  let pairs: Int
}

extension Sampler {
  /// Runs a block on the samples that are under way, from the whole batch's state.
  ///
  /// - Parameters:
  ///   - steps: one for all of them, or one for each that is picked.
  ///   - labels: of the whole batch's rows.
  /// - Returns: rows of the samples picked.
  func run(
    _ block: any BlockFunction, _ state: SampleState, _ active: ActiveSamples,
    steps: AdaptiveSteps, labels: HostTensor
  ) throws -> SampleState {
    switch steps {
    case .shared(let start, let length):
      return try run(block, state, from: start, length: length, labels: labels)
    case .perSample(let steps):
      return try run(
        block, active.gather(state), steps: steps, labels: active.gather(labels),
        samples: active.wanted, fieldInputs: fieldInputs.mapValues { active.gather($0) })
    }
  }

  /// Runs a block with the modulations of its own times, as no step is known before.
  func run(
    _ block: any BlockFunction, _ state: SampleState, from start: Double, length: Double = 0,
    labels: HostTensor
  ) throws -> SampleState {
    let step = GridStep(start, length)
    var modulations: [NetworkRole: BatchModulations] = [:]
    for (role, times) in try times(block, step, shape: state.x.shape) {
      modulations[role] = table(role, times: times)?.batch(Array(labels.integers))
    }
    return try run(
      block, state, step: step, labels: labels, modulations: { try modulations[$0]?.at($1) })
  }

  /// Runs a block on samples that take a step each.
  ///
  /// - Parameters:
  ///   - steps: of the n samples.
  ///   - samples: how many of them are wanted.
  ///   - fieldInputs: of these rows.
  private func run(
    _ block: any BlockFunction, _ state: SampleState, steps: [GridStep], labels: HostTensor,
    samples: Int, fieldInputs: [String: HostTensor]
  ) throws -> SampleState {
    let shape = state.x.shape
    let number = RowTimes.perRow.number(shape)
    func rows(_ value: (GridStep) -> Float) -> [Float] {
      let values = steps.map(value)
      return (0..<field.guidance.branches).flatMap { _ in values }
    }
    let coefficients = steps.map { self.coefficients(block, $0) }
    let traced = try trace(block, shape: shape, times: .perRow)
    var modulations: [BlockTrace.Input: HostTensor] = [:]
    for role in NetworkRole.allCases {
      let times = traced.inputs.compactMap { input -> BlockTime? in
        if case .modulations(role, let time) = input { time } else { nil }
      }.sorted { $0.fraction < $1.fraction }
      let found = try paired(
        role, times: times.map { time in rows { $0.time(time) } }, labels: labels)
      for (time, values) in zip(times, found) { modulations[.modulations(role, time)] = values }
    }
    return try run(
      block, shape: shape, times: .perRow, samples: samples, fieldInputs: fieldInputs
    ) { input in
      switch input {
      case .x: state.x
      case .delta: HostTensor(rows(\.delta), shape: number)
      case .noise: nil
      case .labels: labels
      case .state(let name): state.others[name]
      case .coefficient(let name):
        HostTensor(
          (0..<shape[0]).map { Float(coefficients[$0 % steps.count][name] ?? 0) }, shape: number)
      case .time(let time): HostTensor(rows { $0.time(time) }, shape: [shape[0]])
      case .modulations: modulations[input]
      }
    }
  }

  /// Modulations of rows at lists of times, one time for each row: (R, M) for each list.
  ///
  /// As many lists as a product of ``ModulationTable`` has rows are multiplied together.
  private func paired(_ role: NetworkRole, times: [[Float]], labels: HostTensor) throws
    -> [HostTensor]
  {
    guard let conditioning = field.conditionings[role], !times.isEmpty else { return [] }
    let rows = labels.shape[0]
    return try Self.products(of: times, rows: rows).flatMap { times in
      let pairs = rows * times.count
      let key = PairedProgram(role: role, pairs: pairs)
      // Not frozen, so that weights that are read a few times are not packed.
      let program =
        try pairedPrograms[key]
        ?? executor.compile(
          conditioning.pairedGraph(role, pairs: pairs), variables: variables, frozen: false)
      pairedPrograms[key] = program
      let all = try conditioning.run(
        program, times: times.flatMap { $0 }, labels: times.flatMap { _ in Array(labels.integers) })
      guard times.count > 1 else { return [all] }
      return times.indices.map { index in all.rows(Array(index * rows..<(index + 1) * rows)) }
    }
  }

  /// Lists of times that are multiplied together.
  static func products<Times>(of times: [Times], rows: Int) -> [[Times]] {
    let together = max(1, ModulationTable.rowsPerProduct / max(rows, 1))
    return stride(from: 0, to: times.count, by: together).map {
      Array(times[$0..<min($0 + together, times.count)])
    }
  }
}

/// The steps that a batch takes next.
enum AdaptiveSteps {
  case shared(from: Double, length: Double)
  /// Of each sample picked.
  case perSample([GridStep])
}

extension GridStep {
  /// A step that stands alone.
  init(_ start: Double, _ length: Double) {
    self.init(index: 0, times: [Float(start), Float(start + length)], delta: Float(length))
  }
}
