import CPUExecutor
import Diagnostics
import Evaluation
import Imaging
import Machine

/// Compares samples of plans, one plan after the other, with one reference.
struct PlanEvaluation {
  /// What the table shows.
  static let metrics: [MetricName] = [.fid, .precision, .recall]

  private let options: ComparisonEvaluationOptions
  private let extractor: any FeatureExtractor
  private let reference: EvaluationInput
  private let observe: PipelineObserver
  private let shouldStop: @Sendable () -> Bool

  /// Renders the reference where it is missing.
  init(
    _ options: ComparisonEvaluationOptions, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    self.options = options
    self.shouldStop = shouldStop
    // The tables of single plans would drown the one that compares them.
    self.observe = { event in
      if case .progress = event { observe(event) }
    }
    let weights = try ExtractorWeights(options.weights)
    extractor = try weights.extractor(.features, batch: 16, observe)
    try options.render?.renderIfMissing(options.images, workers: Threads.count, observe)
    reference = try EvaluationInput(options.images)
  }

  /// Samples of each plan.
  var count: Int { options.count }

  /// Names of the columns.
  var titles: [String] { Self.metrics.map { $0.title(extractor: extractor.name) } }

  /// - Parameter labels: the class of each image.
  func report(_ images: [RGBImage], labels: [Int32], of plan: String) throws -> EvaluationReport {
    var configuration = EvaluateConfiguration()
    configuration.evaluate.reference = options.images
    configuration.evaluate.samples = plan
    configuration.evaluate.weights = options.weights
    configuration.evaluate.cache = options.cache
    configuration.evaluate.metrics = Self.metrics
    configuration.evaluate.bootstrap = options.bootstrap
    return try Evaluate(configuration, observe: observe, shouldStop: shouldStop).run(
      .features, reference: reference,
      samples: EvaluationInput(
        PictureSequence(images: images), called: plan,
        labels: SetLabels(policy: "balanced", values: labels, names: []))
    ) { extractor }
  }
}
