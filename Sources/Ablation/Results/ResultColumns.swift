import Storage

/// The columns of tables of results, from rows that are alike.
struct ResultColumns<Row> {
  let rows: [Row]
  private(set) var columns: [ResultColumn] = []

  init(_ rows: [Row]) { self.rows = rows }

  mutating func text(_ name: String, _ description: String, _ value: (Row) -> String) {
    columns.append(
      ResultColumn(name, .texts(rows.map(value)), description: description))
  }

  mutating func integer(
    _ name: String, _ unit: String, _ description: String, _ value: (Row) -> Int
  ) {
    columns.append(
      ResultColumn(
        name, .integers(rows.map { Int32(clamping: value($0)) }), unit: unit,
        description: description))
  }

  /// NaN where there is none.
  mutating func number(
    _ name: String, _ unit: String, _ description: String, _ value: (Row) -> Double?
  ) {
    columns.append(
      ResultColumn(
        name, .numbers(rows.map { value($0) ?? .nan }), unit: unit, description: description))
  }

  mutating func spread(
    _ name: String, _ unit: String, _ description: String, scale: Double = 1,
    _ value: (Row) -> Spread?
  ) {
    number(name, unit, "\(description); median over rounds") {
      value($0).map { scale * $0.median }
    }
    number("\(name)_low", unit, "its lower quartile") { value($0).map { scale * $0.lower } }
    number("\(name)_high", unit, "its upper quartile") { value($0).map { scale * $0.upper } }
  }

  /// A swept key: numbers where all values are, else texts.
  mutating func swept(_ key: String, _ value: (Row) -> String?) {
    let values = rows.map { value($0) ?? "" }
    let numbers = values.map { Double($0) }
    let isText = zip(values, numbers).contains { !$0.isEmpty && $1 == nil }
    if isText || values.allSatisfy(\.isEmpty) {
      columns.append(ResultColumn(key, .texts(values), description: ResultColumn.sweptKey))
    } else {
      columns.append(
        ResultColumn(
          key, .numbers(numbers.map { $0 ?? .nan }), unit: "1", description: ResultColumn.sweptKey))
    }
  }
}

extension ResultColumns<CellRow> {
  mutating func addMeasures() {
    for measure in CellMeasure.all(of: rows) {
      let name = measure.name
      number(name, "1", measure.description) { measure.value($0)?.value }
      number("\(name)_low", "1", "Lower end of its 95 % interval \(measure.interval)") {
        measure.value($0)?.lower
      }
      number("\(name)_high", "1", "Upper end of its 95 % interval \(measure.interval)") {
        measure.value($0)?.upper
      }
    }
    if rows.contains(where: { $0.distances != nil }) {
      number("latent_rmse_median", "1", "The same: median over samples") { $0.medianDistance }
    }
  }

  mutating func addEvaluations() {
    number("predictor_evaluations", "1", "Evaluations of the predictor per sample") {
      $0.predictorEvaluations
    }
    number("refiner_evaluations", "1", "Evaluations of the refiner per sample") {
      $0.refinerEvaluations
    }
  }

  mutating func addTimes() {
    integer("time_batch", "1", "Samples of the batch that was timed; -1 for none") {
      $0.timing?.batch ?? -1
    }
    spread("time_latency", "ms", "One sample alone, without decoding", scale: 1000) { $0.latency }
    spread("time_image", "ms", "Per sample of a batch, without decoding", scale: 1000) {
      $0.batchTime
    }
    spread("time_throughput", "1/s", "Samples per second of a batch, without decoding") {
      $0.throughput
    }
    spread("time_acceleration", "%", "(1 - t/t of the baseline)·100 in the same rounds, of a batch")
    { $0.acceleration }
    spread("time_decoding", "ms", "Decoding of one sample", scale: 1000) { $0.decoding }
    number("time_compile", "ms", "Compiling, before the first round") {
      $0.timing.map { 1000 * $0.compiling }
    }
    number("time_warm_up", "ms", "First runs, compiling included; in no other time") {
      $0.timing.map { 1000 * $0.warmUp }
    }
    number("multiply_adds", "1", "Per sample, counted in the plan's graphs, guidance included") {
      $0.timing.flatMap { $0.error == nil ? $0.multiplyAdds : nil }
    }
    number("memory_predicted", "byte", "Weights, packed forms and programs, from their shapes") {
      $0.timing.flatMap { $0.error == nil ? Double($0.memory) : nil }
    }
    number(
      "memory_measured", "byte",
      "Peak resident memory of reading the networks, compiling and sampling one batch of time_batch "
        + "in this cell alone, above what the process held before; without decoding"
    ) { $0.timing?.measuredMemory.map(Double.init) }
    text("timing_error", "Why the cell could not be timed") { $0.timing?.error ?? "" }
  }
}

extension ResultColumns<CellGroup> {
  /// A measure with its difference from the baseline, where there is one.
  mutating func add(_ measure: CellMeasure, baseline: CellGroup?) {
    let name = measure.name
    number(name, "1", "Mean over seeds") { $0.mean(measure) }
    number(
      "\(name)_low", "1",
      "Lower end of the mean's 95 % interval by Student's t over seeds; of one seed "
        + measure.interval
    ) { $0.interval(measure)?.lower }
    number("\(name)_high", "1", "Its upper end") { $0.interval(measure)?.upper }
    guard let baseline else { return }
    func difference(_ group: CellGroup) -> (mean: Double?, interval: TInterval?)? {
      group.name == baseline.name ? nil : group.difference(measure, from: baseline)
    }
    number("\(name)_difference", "1", "Mean over seeds of the difference from the baseline") {
      difference($0)?.mean
    }
    number(
      "\(name)_difference_low", "1",
      "Lower end of its 95 % interval by Student's t over seeds; \(measure.pairedInterval)"
    ) { difference($0)?.interval?.lower }
    number("\(name)_difference_high", "1", "Its upper end") {
      difference($0)?.interval?.upper
    }
  }
}
