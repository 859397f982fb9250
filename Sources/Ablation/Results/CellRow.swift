/// What is known of one cell at one seed.
struct CellRow {
  let study: String
  let cell: SweepPlan.Cell
  /// `done`, `failed`, or `pending`.
  let status: String
  let error: String
  let sample: StepRecord?
  let evaluation: StepRecord?
  let agreement: StepRecord?
  let training: StepRecord?
  let timing: CellTiming?
  /// The timing of the study's baseline, of the same rounds.
  let baseline: CellTiming?

  init(
    _ cell: SweepPlan.Cell, of study: SweepPlan.Study, _ records: [String: StepRecord],
    errors: [String: String]
  ) {
    self.study = study.name
    self.cell = cell
    func done(_ hash: String?) -> StepRecord? {
      hash.flatMap { records[$0] }.flatMap { $0.status == .done ? $0 : nil }
    }
    sample = done(cell.sample)
    evaluation = done(cell.evaluation)
    agreement = done(cell.agreement)
    training = done(cell.refiner)
    let left = cell.targets.filter { done($0) == nil }
    let error = left.compactMap { errors[$0] }.first
    status = left.isEmpty ? "done" : error != nil ? "failed" : "pending"
    self.error = error ?? ""
    let timings = study.timing.flatMap { records[$0]?.timings } ?? []
    timing = timings.first { $0.cell == cell.name }
    baseline = timings.first { $0.cell == study.configuration.baseline }
  }

  func metric(_ name: String) -> StepRecord.Metric? {
    evaluation?.metrics?.first { $0.name == name }
  }

  /// Distances of its samples from the solution, by sample.
  var distances: [Double]? { agreement?.latentDistances }
  var medianDistance: Double? { distances.flatMap(Spread.init)?.median }

  /// Evaluations per sample: the plan's, or where the solver chooses, those that were timed.
  var predictorEvaluations: Double? {
    sample?.evaluations?.predictor ?? timing.map(\.predictorEvaluations)
  }
  var refinerEvaluations: Double? {
    sample?.evaluations?.refiner ?? timing.map(\.refinerEvaluations)
  }

  // MARK: Times, of the median and quartiles over rounds

  var latency: Spread? { timing.flatMap { Spread($0.rounds.map(\.single)) } }
  var batchTime: Spread? {
    timing.flatMap { timing in Spread(timing.rounds.map { $0.batch / Double(timing.batch) }) }
  }
  var throughput: Spread? {
    timing.flatMap { timing in Spread(timing.rounds.map { Double(timing.batch) / $0.batch }) }
  }
  var decoding: Spread? { timing.flatMap { Spread($0.rounds.map(\.decoding)) } }

  /// (1 − t/t of the baseline)·100, round by round.
  var acceleration: Spread? {
    guard let timing, let baseline, timing.rounds.count == baseline.rounds.count else {
      return nil
    }
    return Spread(
      zip(timing.rounds, baseline.rounds).map { (1 - $0.batch / $1.batch) * 100 })
  }
}
