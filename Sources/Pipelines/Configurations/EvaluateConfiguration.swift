import CPUExecutor
import Configuration
import Diagnostics
import Evaluation

/// `flowturbo evaluate --config evaluate.yaml`
public struct EvaluateConfiguration: Sendable, Equatable, ConfigurationSchema {
  /// The HDF5 file of the results; nil writes none.
  public var output: String?
  /// Of the bootstrap. KID's subsets and shuffled Inception Scores have the seed that their
  /// protocols have.
  public var seed: UInt64 = 0
  /// What the feature network multiplies in.
  public var precision = PrecisionChoice.float32
  public var evaluate = EvaluationOptions()

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("output", &output, in: .notEmpty)
    try table.optional("seed", &seed)
    try table.optional("precision", &precision)
    try table.section("evaluate", &evaluate)
  }
}

/// What is compared with what, and how.
public struct EvaluationOptions: Sendable, Equatable, ConfigurationSchema {
  /// A folder of images, an npz of images or statistics, or a file of features; nil where only
  /// the samples are looked at.
  public var reference: String?
  /// The same.
  public var samples = ""
  /// nil takes ADM's, or what the weights and files of features ask for.
  public var evaluationProtocol: EvaluationProtocol?
  /// Of the feature network; not needed where nothing is to be computed.
  public var weights: String?
  /// None takes the protocol's, as far as the sets allow them.
  public var metrics: [MetricName] = []
  /// Whether FID, precision and recall are given for each class, too.
  public var perClass = false
  /// Resamples of intervals; 0 for none.
  public var bootstrap = 0
  /// The folder of computed features.
  public var cache = "runs/features-cache"
  /// Where to write the statistics of the samples; nil writes none.
  public var saveStatistics: String?
  /// Images that the network runs on at a time.
  public var batch = 16
  /// Threads that decode; nil for as many as compute.
  public var workers: Int?
  /// Whether one broken image is an error.
  public var strict = false
  /// The share of broken images above which a set is refused.
  public var maxBroken = 0.01

  public init() {}

  public mutating func fields(_ table: ConfigurationFields) throws {
    try table.optional("reference", &reference, in: .notEmpty)
    try table.required("samples", &samples, in: .notEmpty)
    try table.optional("protocol", &evaluationProtocol)
    try table.optional("weights", &weights, in: .notEmpty)
    try table.list("metrics", &metrics, count: 0...MetricName.allCases.count)
    try table.optional("perClass", &perClass)
    try table.optional("bootstrap", &bootstrap, in: .range(0...100_000))
    try table.optional("cache", &cache, in: .notEmpty)
    try table.optional("saveStatistics", &saveStatistics, in: .notEmpty)
    try table.optional("batch", &batch, in: .range(1...512))
    try table.optional("workers", &workers, in: .range(1...256))
    try table.optional("strict", &strict)
    try table.optional("maxBroken", &maxBroken, in: .range(0...1))
  }

  public func validate() throws {
    if reference == nil {
      if let metric = metrics.first(where: \.needsReference) {
        throw InvalidField(
          "metrics", expected: "metrics that need no reference, or a reference",
          found: metric.rawValue)
      }
      guard !perClass else {
        throw InvalidField("perClass", expected: "false, or a reference", found: "true")
      }
    }
    guard bootstrap != 1 else {
      throw InvalidField("bootstrap", expected: "0, or 2 resamples and more", found: "1")
    }
    if let saveStatistics, !saveStatistics.hasSuffix(".npz") {
      throw InvalidField(
        "saveStatistics", expected: "a file ending in .npz", found: "'\(saveStatistics)'")
    }
  }
}
