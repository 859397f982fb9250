import CPUExecutor
import Configuration
import Diagnostics
import Evaluation
import Files
import Foundation
import Imaging
import Machine
import Storage

/// `flowturbo evaluate`: how far a set of samples is from a reference.
public struct Evaluate {
  public let configuration: EvaluateConfiguration
  let observe: PipelineObserver
  let shouldStop: @Sendable () -> Bool

  var options: EvaluationOptions { configuration.evaluate }

  /// - Parameter shouldStop: asked between parts of the work.
  public init(
    _ configuration: EvaluateConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) {
    self.configuration = configuration
    self.observe = observe
    self.shouldStop = shouldStop
  }

  /// - Throws: ``Stopped`` where the user asked for it; what was computed until then is kept.
  @discardableResult
  public func run() throws -> EvaluationReport {
    let reference = try options.reference.map { try EvaluationInput($0) }
    let samples = try EvaluationInput(options.samples)
    let weights = try options.weights.map { try ExtractorWeights($0) }
    let evaluation = try chooseProtocol([reference, samples].compactMap { $0 }, weights)
    return try run(evaluation, reference: reference, samples: samples) {
      [options, precision = configuration.precision, observe] in
      guard let weights else { throw ExtractorWeights.missing(nil) }
      return try weights.extractor(
        evaluation, precision.resolved(), batch: options.batch, observe)
    }
  }

  /// - Parameter loadExtractor: called where features of images have to be computed.
  func run(
    _ evaluation: EvaluationProtocol, reference: EvaluationInput?, samples: EvaluationInput,
    loadExtractor: () throws -> any FeatureExtractor
  ) throws -> EvaluationReport {
    try BLAS.check()
    let wanted = Set(options.metrics.isEmpty ? evaluation.metrics : options.metrics)
    let extractor =
      needsFeatures(evaluation, wanted, reference: reference, samples: samples)
      ? try loadExtractor() : nil
    let network = try network(evaluation, extractor, [reference, samples].compactMap { $0 })
    let extraction = extractor.map {
      FeatureExtraction(
        extractor: $0, cache: options.cache,
        images: .init(
          workers: options.workers ?? Threads.count, strict: options.strict,
          maxBroken: options.maxBroken),
        observe: observe, shouldStop: shouldStop)
    }
    func set(_ role: String, _ input: EvaluationInput, spatial: Bool) -> EvaluatedSet {
      EvaluatedSet(role, input, extraction, evaluation, needsSpatial: spatial)
    }
    let isSpatial = wanted.contains(.sfid) || options.saveStatistics != nil
    let first = reference.map { set("reference", $0, spatial: isSpatial) }
    let second = set("samples", samples, spatial: isSpatial)
    var computation = MetricComputation(
      evaluation, first, second, extractor: network?.name ?? "unknown network",
      bootstrap: options.bootstrap, seed: configuration.seed, observe: observe,
      shouldStop: shouldStop)
    let metrics = try allowed(wanted, &computation)
    try computation.compute(metrics)
    if options.perClass { try computation.computeClasses(metrics) }
    if let path = options.saveStatistics { try save(second, evaluation, network, to: path) }

    let accounts = (try first?.account(), try second.account())
    let report = EvaluationReport(
      evaluationProtocol: evaluation, extractor: network, reference: accounts.0,
      samples: accounts.1, results: computation.results,
      warnings: computation.warnings
        + Comparability(
          evaluation: evaluation, extractor: network, reference: first, samples: second
        ).warnings(accounts.0, accounts.1),
      sampling: samples.manifest, configuration: try ResolvedConfiguration(configuration).yaml)
    if let output = configuration.output {
      AtomicFile.removeLeftoversOfTheDead(of: output)
      try report.write(to: output)
      observe(.note("results: \(output)"))
    }
    report.tell(observe)
    return report
  }

  // MARK: Choices

  /// The given protocol, or the one that weights, features and statistics ask for.
  func chooseProtocol(
    _ inputs: [EvaluationInput], _ weights: ExtractorWeights?
  ) throws -> EvaluationProtocol {
    if let given = options.evaluationProtocol { return given }
    if let weights, weights.isFeatureNetwork { return .features }
    let asked = inputs.compactMap { input -> EvaluationProtocol? in
      if let features = input.features {
        return features.description.extractor == InceptionExtractor.networkName
          ? EvaluationProtocol(preparation: features.description.preprocessing) : .features
      }
      return input.images == nil
        ? input.statistics?.origin.flatMap { EvaluationProtocol(rawValue: $0.evaluationProtocol) }
        : nil
    }
    return asked.first ?? .adm
  }

  /// Whether features of any images have to be there.
  private func needsFeatures(
    _ evaluation: EvaluationProtocol, _ metrics: Set<MetricName>,
    reference: EvaluationInput?, samples: EvaluationInput
  ) -> Bool {
    func needs(_ input: EvaluationInput, rows: Bool) -> Bool {
      guard input.images != nil else { return false }
      let hasMoments = input.statistics != nil && evaluation.prefersStatistics
      return rows || !hasMoments
    }
    let rows = metrics.contains { !$0.needsStatisticsOnly } || options.perClass
    let ofReference = metrics.contains { $0.needsReference && !$0.needsStatisticsOnly }
    return needs(samples, rows: rows || options.bootstrap > 0 || options.saveStatistics != nil)
      || (reference.map { needs($0, rows: ofReference || options.perClass) } ?? false)
  }

  /// The network that all features are of.
  /// - Throws: `InputError` where two sets have features of different networks, or another
  ///   network's than the protocol's.
  private func network(
    _ evaluation: EvaluationProtocol, _ extractor: (any FeatureExtractor)?,
    _ inputs: [EvaluationInput]
  ) throws -> EvaluationReport.Extractor? {
    var network = extractor.map(EvaluationReport.Extractor.init)
    for input in inputs {
      guard let file = input.features else { continue }
      let own = EvaluationReport.Extractor(file.description)
      let expected = network ?? own
      guard own.isComparable(with: expected) else {
        throw InputError(
          input.path, expected: "features of \(expected.identity)", found: own.identity,
          remedy: "evaluate the images with the same weights and --protocol")
      }
      network = expected
    }
    if let network, let input = evaluation.input,
      network.name != InceptionExtractor.networkName || !input.isPreparation(network.preparation)
    {
      throw InputError(
        "--protocol \(evaluation.rawValue)",
        expected: "features of \(InceptionExtractor.networkName), \(input.rawValue)",
        found: network.identity, remedy: "leave out --protocol to take the features' own")
    }
    if network == nil {
      // Statistics alone: what they say of themselves.
      let origins = inputs.compactMap { $0.statistics?.origin }
      return origins.first.map(EvaluationReport.Extractor.init)
        ?? (evaluation == .features ? nil : .unknownInception(evaluation))
    }
    return network
  }

  /// The metrics that the sets allow.
  /// - Throws: `InputError` for one that was asked for and is not.
  private func allowed(
    _ wanted: Set<MetricName>, _ computation: inout MetricComputation
  ) throws -> Set<MetricName> {
    var metrics = wanted
    for metric in MetricName.allCases where wanted.contains(metric) {
      guard let lack = computation.lack(for: metric) else { continue }
      guard options.metrics.isEmpty else {
        throw InputError(
          "metric \(metric.rawValue)", expected: "sets that allow it", found: "that \(lack)",
          remedy: "leave it out of --metrics, or give images")
      }
      metrics.remove(metric)
      if options.reference != nil {
        computation.warnings.append("\(metric.rawValue) is left out: \(lack)")
      }
    }
    guard !metrics.isEmpty || options.saveStatistics != nil else {
      throw InputError(
        "evaluate", expected: "a metric that the sets allow", found: "none",
        remedy: "give --reference, or --save-statistics")
    }
    return metrics
  }

  private func save(
    _ set: EvaluatedSet, _ evaluation: EvaluationProtocol, _ network: EvaluationReport.Extractor?,
    to path: String
  ) throws {
    guard set.lack(ofRows: .features) == nil, let network else {
      throw InputError(
        set.input.path, expected: "images, to save their statistics", found: "statistics")
    }
    let file = try set.features()
    let spatial = set.lack(ofRows: .spatial) == nil ? try set.computedMoments(.spatial) : nil
    AtomicFile.removeLeftoversOfTheDead(of: path)
    try StoredStatistics.write(
      features: set.computedMoments(.features), spatial: spatial,
      origin: StatisticsOrigin(
        evaluationProtocol: evaluation.rawValue, extractor: network.name,
        preparation: network.preparation, weightsHash: network.weights, count: file.count,
        contentHash: ImageContent.hash(of: try file.imageHashes())),
      to: path)
    observe(.note("statistics of \(file.count) images: \(path)"))
  }
}

extension EvaluationReport.Extractor {
  init(_ extractor: any FeatureExtractor) {
    self.init(
      name: extractor.name, preparation: extractor.preparation.name,
      weights: extractor.weightsHash, inputSize: extractor.preparation.side,
      dimensions: extractor.dimensions(of: .features), batch: extractor.batch)
  }

  init(_ features: FeaturesDescription) {
    self.init(
      name: features.extractor, preparation: features.preprocessing,
      weights: features.weightsHash, inputSize: features.inputSize,
      dimensions: features.dimensions, batch: features.batch)
  }

  init(_ origin: StatisticsOrigin) {
    self.init(
      name: origin.extractor, preparation: origin.preparation, weights: origin.weightsHash,
      inputSize: nil, dimensions: nil, batch: nil)
  }

  /// Statistics of a published protocol that say nothing of themselves.
  static func unknownInception(_ evaluation: EvaluationProtocol) -> Self {
    Self(
      name: InceptionExtractor.networkName, preparation: evaluation.input?.rawValue ?? "unknown",
      weights: "unknown", inputSize: nil, dimensions: nil, batch: nil)
  }

  func isComparable(with other: Self) -> Bool {
    (name, preparation, weights) == (other.name, other.preparation, other.weights)
  }

  var identity: String { "\(name), \(preparation), weights \(weights.prefix(8))…" }
}

extension EvaluationReport {
  /// The table and the warnings, for a terminal.
  func tell(_ observe: PipelineObserver) {
    for warning in warnings { observe(.warning(warning)) }
    func number(_ value: Double?) -> String { value.map { String(format: "%.6g", $0) } ?? "" }
    func counts(_ result: Result) -> String {
      let sets =
        result.metric.needsReference
        ? [result.referenceCount, result.sampleCount] : [result.sampleCount]
      return sets.map { $0.map(String.init) ?? "?" }.joined(separator: " / ")
    }
    let header = ["metric", "class", "value", "± error", "95 % interval", "images"]
    let rows = results.map { result in
      [
        result.name, result.className ?? result.label.map(String.init) ?? "", number(result.value),
        number(result.standardError),
        result.lower.map { "\(number($0)) … \(number(result.upper))" } ?? "", counts(result),
      ]
    }
    // Columns that nothing stands in are left out.
    let shown = header.indices.filter { column in
      column == 2 || rows.contains { !$0[column].isEmpty }
    }
    let set = "\(samples.path)" + (reference.map { " against \($0.path)" } ?? "")
    guard !rows.isEmpty else { return }
    observe(
      .table(
        title: "\(set), protocol \(evaluationProtocol.rawValue)",
        rows: ([header] + rows).map { row in shown.map { row[$0] } }))
  }
}
