import CPUExecutor
import Diagnostics
import Evaluation
import Machine

extension Evaluate {
  /// Computes the features of the reference that the metrics will ask for, so that several
  /// evaluations find them in the cache. Does nothing where stored statistics are enough.
  /// - Throws: ``Stopped`` where the user asked for it; what was computed until then is kept.
  public func prepareReference() throws {
    guard let path = options.reference else { return }
    let reference = try EvaluationInput(path)
    let weights = try options.weights.map { try ExtractorWeights($0) }
    let evaluation = try chooseProtocol([reference], weights)
    let wanted = Set(options.metrics.isEmpty ? evaluation.metrics : options.metrics)
    let hasMoments = reference.statistics != nil && evaluation.prefersStatistics
    let needsRows =
      options.perClass || wanted.contains { $0.needsReference && !$0.needsStatisticsOnly }
    guard reference.images != nil, needsRows || !hasMoments else { return }
    guard let weights else { throw ExtractorWeights.missing(nil) }
    let extractor = try weights.extractor(
      evaluation, configuration.precision.resolved(), batch: options.batch, observe)
    let extraction = FeatureExtraction(
      extractor: extractor, cache: options.cache,
      images: .init(
        workers: options.workers ?? Threads.count, strict: options.strict,
        maxBroken: options.maxBroken),
      observe: observe, shouldStop: shouldStop)
    _ = try EvaluatedSet(
      "reference", reference, extraction, evaluation,
      needsSpatial: wanted.contains(.sfid) || options.saveStatistics != nil
    ).features()
  }
}
