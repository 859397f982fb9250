import Diagnostics
import Evaluation
import Storage

/// Computes metrics of two sets.
struct MetricComputation {
  typealias Result = EvaluationReport.Result

  let evaluation: EvaluationProtocol
  /// Nil where there is none, which the Inception Score does not need.
  let reference: EvaluatedSet?
  let samples: EvaluatedSet
  /// The network's name, for titles.
  let extractor: String
  /// Resamples of intervals; 0 for none.
  let bootstrap: Int
  let seed: UInt64
  let observe: PipelineObserver
  let shouldStop: @Sendable () -> Bool
  var results: [Result] = []
  var warnings: [String] = []

  init(
    _ evaluation: EvaluationProtocol, _ reference: EvaluatedSet?, _ samples: EvaluatedSet,
    extractor: String, bootstrap: Int, seed: UInt64, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool
  ) {
    self.evaluation = evaluation
    self.reference = reference
    self.samples = samples
    self.extractor = extractor
    self.bootstrap = bootstrap
    self.seed = seed
    self.observe = observe
    self.shouldStop = shouldStop
  }

  /// - Throws: ``Stopped`` where the user asked for it: features are kept, metrics are not.
  static func stop(if asked: () -> Bool) throws {
    guard asked() else { return }
    throw Stopped("stopped between two metrics, features are kept: repeat the command to go on")
  }

  /// Why the sets do not allow a metric; nil where they do.
  func lack(for metric: MetricName) -> String? {
    guard let reference else {
      return metric.needsReference ? "there is no reference" : samples.lack(ofRows: .logits)
    }
    return switch metric {
    case .fid: reference.lack(ofMoments: .features) ?? samples.lack(ofMoments: .features)
    case .sfid: reference.lack(ofMoments: .spatial) ?? samples.lack(ofMoments: .spatial)
    case .inceptionScore: samples.lack(ofRows: .logits)
    case .precision, .recall, .density, .coverage, .kid:
      reference.lack(ofRows: .features) ?? samples.lack(ofRows: .features)
    }
  }

  /// Adds the results of the metrics, in the order of ``MetricName``.
  mutating func compute(_ metrics: Set<MetricName>) throws {
    var done = 0
    func step(_ name: String) throws {
      try Self.stop(if: shouldStop)
      observe(.progress(stage: "metrics", done: done, total: metrics.count, detail: name))
      done += 1
    }
    if let reference, metrics.contains(.fid) {
      try step("fid")
      try addDistance(.fid, reference, .features)
    }
    if let reference, metrics.contains(.sfid) {
      try step("sfid")
      try addDistance(.sfid, reference, .spatial)
    }
    if metrics.contains(.inceptionScore) {
      try step("is")
      try addInceptionScore()
    }
    let manifolds: [MetricName] = [.precision, .recall, .density, .coverage]
    if let reference, !metrics.isDisjoint(with: manifolds) {
      try step("neighbours")
      try addManifolds(metrics, reference)
    }
    if let reference, metrics.contains(.kid) {
      try step("kid")
      try addKID(reference)
    }
    results.sort { Self.place($0.metric) < Self.place($1.metric) }
    observe(
      .progress(stage: "metrics", done: metrics.count, total: metrics.count, detail: "done"))
  }

  private static func place(_ metric: MetricName) -> Int {
    MetricName.allCases.firstIndex(of: metric) ?? 0
  }

  mutating func add(
    _ metric: MetricName, _ value: Double, counts: (Int?, Int?), method: String,
    _ change: (inout Result) -> Void = { _ in }
  ) throws {
    var result = Result(
      name: metric.title(extractor: extractor), metric: metric, value: value,
      referenceCount: counts.0, sampleCount: counts.1, method: method)
    change(&result)
    guard result.value.isFinite else { throw NonFiniteMetric(name: result.name) }
    results.append(result)
  }

  var meansMethod: String {
    "Fréchet distance, means in float\(evaluation.means == .single ? 32 : 64)"
  }

  private mutating func addDistance(
    _ metric: MetricName, _ reference: EvaluatedSet, _ column: FeatureColumn
  ) throws {
    let first = try reference.moments(column)
    guard bootstrap > 0 else {
      let second = try samples.moments(column)
      let distance = try FrechetDistance.between(first, second)
      warnings += distance.warnings.map(\.description)
      return try add(
        metric, distance.value, counts: (first.count, second.count), method: meansMethod)
    }
    let rows = try samples.matrix(column)
    let result = try FrechetBootstrap(
      reference: first, samples: rows, draws(samples, rows), means: evaluation.means,
      progress: resamplingProgress)
    warnings += result.distance.warnings.map(\.description)
    try add(
      metric, result.distance.value, counts: (first.count, rows.rows),
      method: meansMethod + resamplingMethod(of: samples)
    ) { $0.add(result.spread) }
  }

  private mutating func addInceptionScore() throws {
    let file = try samples.features()
    let classes = file.description.logitDimensions
    var sums = try InceptionScoreSums(
      evaluation.inceptionScore, classes: classes, total: file.count)
    try samples.forEachBlock(.logits) { try sums.add($0) }
    let score = try sums.score()
    warnings += score.warnings.map(\.description)
    let parts =
      switch evaluation.inceptionScore {
      case .adm(let chunk): "\(score.parts) chunks of \(chunk) in file order"
      case .fidelity(_, let seed):
        "\(score.parts) parts" + (seed.map { " shuffled by seed \($0)" } ?? "")
      }
    let spread =
      bootstrap > 0
      ? try InceptionScore.bootstrap(
        samples.matrix(.logits), evaluation.inceptionScore, around: score.value,
        draws(samples, samples.matrix(.logits)), progress: resamplingProgress) : nil
    try add(
      .inceptionScore, score.value, counts: (nil, file.count),
      method: "\(classes) classes, \(parts)" + resamplingMethod(of: samples)
    ) {
      $0.standardDeviation = score.standardDeviation
      $0.add(spread)
    }
  }

  private mutating func addManifolds(
    _ metrics: Set<MetricName>, _ reference: EvaluatedSet
  ) throws {
    let (first, second) = (try reference.matrix(.features), try samples.matrix(.features))
    var rules: [ManifoldRule] = []
    if !metrics.isDisjoint(with: [.precision, .recall]) { rules.append(.precisionRecall) }
    if !metrics.isDisjoint(with: [.density, .coverage]) { rules.append(.densityCoverage) }
    let found = try ManifoldMetrics.between(reference: first, samples: second, rules: rules)
    for manifold in found {
      let members = manifold.members
      typealias Share = (metric: MetricName, value: Double, rows: [Double])
      let ofSamples: Share
      let ofReference: Share
      if manifold.rule == .precisionRecall {
        ofSamples = (.precision, manifold.precision, members.precision)
        ofReference = (.recall, manifold.recall, members.recall)
      } else {
        ofSamples = (.density, manifold.density, members.density)
        ofReference = (.coverage, manifold.coverage, members.coverage)
      }
      for (share, set, matrix) in [
        (ofSamples, samples, second), (ofReference, reference, first),
      ] where metrics.contains(share.metric) {
        let spread =
          bootstrap > 0
          ? try BootstrapInterval(meanOf: share.rows, draws(set, matrix)) : nil
        try add(
          share.metric, share.value, counts: (first.rows, second.rows),
          method: "\(manifold.rule.neighbours) neighbours, squared distances in float32"
            + resamplingMethod(of: set) + (spread == nil ? "" : ", manifolds held")
        ) { $0.add(spread) }
      }
    }
  }

  private mutating func addKID(_ reference: EvaluatedSet) throws {
    let (first, second) = (try reference.matrix(.features), try samples.matrix(.features))
    var subsets = KernelSubsets()
    let most = min(first.rows, second.rows)
    if most < subsets.size {
      warnings.append(
        "kid: subsets of \(most) images, not of \(subsets.size): a set has no more; comparable "
          + "only with the same size")
      subsets.size = most
    }
    let distance = try KernelDistance.between(first, second, subsets: subsets)
    let spread =
      bootstrap > 0
      ? try KernelDistance.bootstrap(
        reference: first, samples: second, around: distance.value, draws(samples, second))
      : nil
    try add(
      .kid, distance.value, counts: (first.rows, second.rows),
      method: "\(subsets.count) subsets of \(subsets.size), seed \(subsets.seed), cubic kernel"
        + resamplingMethod(of: samples) + (spread == nil ? "" : ", all pairs")
    ) {
      $0.standardError = distance.standardError
      $0.standardDeviation = distance.standardDeviation
      $0.add(spread)
    }
  }

  // MARK: Resampling

  private func strata(of set: EvaluatedSet) throws -> BootstrapStrata? {
    try set.labels().flatMap { BootstrapStrata(balanced: $0) }
  }

  private func draws(_ set: EvaluatedSet, _ rows: FeatureMatrix) throws -> BootstrapDraws {
    try BootstrapDraws(
      rows.name, rows: rows.rows, strata: strata(of: set), count: bootstrap, seed: seed)
  }

  /// Empty without resampling.
  private func resamplingMethod(of set: EvaluatedSet) throws -> String {
    guard bootstrap > 0 else { return "" }
    return "; 95 % of \(bootstrap) resamples of the \(set.role)"
      + (try strata(of: set) == nil ? "" : " within classes") + ", seed \(seed)"
  }

  private var resamplingProgress: @Sendable (Int) throws -> Void {
    { [observe, bootstrap, shouldStop] done in
      try Self.stop(if: shouldStop)
      observe(.progress(stage: "bootstrap", done: done, total: bootstrap, detail: "resamples"))
    }
  }
}

extension EvaluationReport.Result {
  fileprivate mutating func add(_ spread: BootstrapInterval?) {
    guard let spread else { return }
    standardError = spread.standardError
    (lower, upper) = (spread.interval.lowerBound, spread.interval.upperBound)
  }
}

/// A metric left the numbers' range.
struct NonFiniteMetric: ExitCodeProviding, CustomStringConvertible {
  let name: String
  var exitCode: ExitCode { .checkFailed }
  var description: String {
    "\(name): NaN or infinity; check the features and statistics that it was made of"
  }
}
