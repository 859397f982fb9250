import Files
import Foundation
import Training

/// Turns a trainer's events into log lines and progress.
final class TrainingReporter {
  private let folder: RunFolder
  private var log: JSONLinesLog { folder.log }
  private let observe: PipelineObserver
  private let steps: Int
  private let logEvery: Int
  private var smoothedLoss: Double?
  private var smoothedSeconds: Double?

  init(_ folder: RunFolder, options: TrainingOptions, observe: @escaping PipelineObserver) {
    self.folder = folder
    self.observe = observe
    steps = options.steps
    logEvery = options.logEvery
  }

  func handle(_ event: TrainingEvent) throws {
    switch event {
    case .resumed(let step, let path):
      // Steps after the state are done again: their lines would stand twice.
      try log.truncate(afterStep: step)
      observe(.note("resumed at step \(step) from \(path)"))
    case .damagedCheckpoint(let path, let reason):
      observe(.warning("\(path) is damaged (\(reason)): trying the state before it"))
    case .step(let report):
      // The log would grow in a file without a name, and states in a new folder.
      try folder.check()
      try handle(report)
    case .heldOut(let step, let result):
      try handle(result, step: step)
    case .sampleMoment:
      break
    case .checkpoint(let step, let path):
      try log.append(["event": .text("checkpoint"), "step": .integer(step), "path": .text(path)])
    }
  }

  private func handle(_ report: StepReport) throws {
    // Running means over about fifty steps steady what the eye follows.
    func smooth(_ old: Double?, _ new: Double) -> Double { old.map { $0 + (new - $0) / 50 } ?? new }
    let loss = smooth(smoothedLoss, Double(report.loss))
    let seconds = smooth(smoothedSeconds, report.seconds)
    (smoothedLoss, smoothedSeconds) = (loss, seconds)
    guard report.step % logEvery == 0 || report.step == steps else { return }
    var fields: [(String, JSONLinesLog.Value)] = [
      ("event", .text("step")), ("step", .integer(report.step)),
      ("loss", .number(Double(report.loss))),
    ]
    fields += report.parts.map { ($0.name, .number(Double($0.value))) }
    fields += [
      ("gradient_norm", .number(Double(report.gradientNorm))),
      ("learning_rate", .number(report.learningRate)),
      ("seconds", .number(report.seconds)),
      ("samples_per_second", .number(report.samplesPerSecond)),
    ]
    try log.append(fields)
    let perSecond = report.samplesPerSecond * report.seconds / seconds
    let left = Duration.seconds(Double(steps - report.step) * seconds)
    observe(
      .progress(
        stage: "train", done: report.step, total: steps,
        detail: String(
          format: "loss %.5g, %.1f images/s, %@ left", loss, perSecond,
          left.formatted(.time(pattern: .hourMinuteSecond)))))
  }

  private func handle(_ result: HeldOutResult, step: Int) throws {
    for weights in WeightSet.allCases {
      let overall = result.overall[weights]
      var fields: [(String, JSONLinesLog.Value)] = [
        ("event", .text("held_out")), ("step", .integer(step)),
        ("weights", .text(weights.rawValue)), ("loss", .number(overall.loss)),
        ("loss_by_bin", .list(result.bins.map { .number($0.count > 0 ? $0[weights].loss : .nan) })),
      ]
      for name in overall.parts.keys.sorted() {
        fields.append((name, .number(overall.parts[name] ?? .nan)))
        fields.append(
          (
            "\(name)_by_bin",
            .list(
              result.bins.map { .number($0.count > 0 ? $0[weights].parts[name] ?? .nan : .nan) })
          ))
      }
      let zero = VelocityOffsetLoss.zeroRefiner
      if overall.parts[zero] != nil {
        let lost = result.lostBins(weights, against: zero)
        fields.append(("lost_bins", .list(lost.map { .integer($0) })))
      }
      try log.append(fields)
    }
    let parts = result.overall.ema.parts.sorted { $0.key < $1.key }
      .map { String(format: ", %@ %.5g", $0.key, $0.value) }.joined()
    observe(
      .note(
        String(format: "step %d: held-out loss %.5g (ema)%@", step, result.overall.ema.loss, parts))
    )
    compareWithZeroRefiner(result, step: step)
  }

  /// Says in which bins of t the averaged refiner is no better than r = 0.
  private func compareWithZeroRefiner(_ result: HeldOutResult, step: Int) {
    let zero = VelocityOffsetLoss.zeroRefiner
    guard result.overall.ema.parts[zero] != nil else { return }
    func span(_ bin: Int) -> String {
      let width = 1 / Double(result.bins.count)
      return String(format: "%.1f-%.1f", Double(bin) * width, Double(bin + 1) * width)
    }
    if step == steps {
      let rows = result.bins.indices.filter { result.bins[$0].count > 0 }.map { bin in
        let (own, other) = (
          result.bins[bin].ema.loss, result.bins[bin].ema.parts[zero] ?? .nan
        )
        return [
          span(bin), String(format: "%.5g", own), String(format: "%.5g", other),
          String(format: "%.3g", own / other),
        ]
      }
      observe(
        .details(
          title: "Held-out loss by t",
          rows: [["t", "refiner", "zero refiner", "ratio"]] + rows))
    }
    let lost = result.lostBins(.ema, against: zero)
    if lost.isEmpty {
      observe(
        .note(
          "step \(step): the refiner beats the zero refiner in every bin of t that has samples"))
    } else {
      let text =
        "step \(step): the refiner does not beat the zero refiner at t in "
        + lost.map(span).joined(separator: ", ")
      observe(step == steps ? .warning(text) : .note(text))
    }
  }
}
