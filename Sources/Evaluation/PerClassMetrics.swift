import Diagnostics

/// Metrics of one class: of its reference images and its samples alone.
///
/// Means over classes that each hold few images are no substitute for the metric of the whole
/// set; they show where a model is weak.
public struct ClassMetrics: Sendable {
  public let label: Int
  public let referenceCount: Int
  public let sampleCount: Int
  /// Nil where a set has fewer than 2 of the class.
  public let fid: Double?
  /// Nil where a set has too few of the class for a neighbour k.
  public let manifold: ManifoldMetrics?
  public let warnings: [EvaluationWarning]
}

/// A set of features and the label of each row.
public struct LabelledFeatures: Sendable {
  public let features: FeatureMatrix
  public let labels: [Int32]

  /// - Throws: `InputError` where there is not one label for each row.
  public init(_ features: FeatureMatrix, labels: [Int32]) throws {
    guard labels.count == features.rows else {
      throw InputError(
        features.name, expected: "one label for each of \(features.rows) images",
        found: "\(labels.count) labels")
    }
    self.features = features
    self.labels = labels
  }

  fileprivate var rowsByLabel: [Int32: [Int]] {
    Dictionary(grouping: labels.indices) { labels[$0] }
  }
}

extension ClassMetrics {
  /// The classes that any of the two sets has, by label.
  /// - Throws: `InputError` where the sets have different columns.
  public static func between(
    reference: LabelledFeatures, samples: LabelledFeatures,
    rule: ManifoldRule = .precisionRecall, means: MeanPrecision = .double
  ) throws -> [ClassMetrics] {
    try reference.features.requireSameColumns(as: samples.features)
    guard rule.neighbours >= 1 else {
      throw InputError("neighbours", expected: "1 or more", found: "\(rule.neighbours)")
    }
    let (real, fake) = (reference.rowsByLabel, samples.rowsByLabel)
    return try Set(real.keys).union(fake.keys).sorted().map { label in
      let sets = try (
        reference.features.selecting(real[label] ?? []),
        samples.features.selecting(fake[label] ?? [])
      )
      return try ClassMetrics(Int(label), reference: sets.0, samples: sets.1, rule, means)
    }
  }

  private init(
    _ label: Int, reference: FeatureMatrix, samples: FeatureMatrix, _ rule: ManifoldRule,
    _ means: MeanPrecision
  ) throws {
    var warnings: [EvaluationWarning] = []
    func bothHave(_ needed: Int) -> Bool {
      let short = [reference, samples].filter { $0.rows < needed }
      warnings += short.map {
        .tooFewInClass(label: label, set: $0.name, count: $0.rows, needed: needed)
      }
      return short.isEmpty
    }
    self.label = label
    (referenceCount, sampleCount) = (reference.rows, samples.rows)
    if bothHave(2) {
      let distance = try FrechetDistance.between(reference, samples, means: means)
      fid = distance.value
      warnings += distance.warnings
    } else {
      fid = nil
    }
    // Neighbour k needs k others.
    let needed = rule.neighbours + 1
    manifold =
      fid != nil && bothHave(needed)
      ? try ManifoldMetrics.between(reference: reference, samples: samples, rules: [rule]).first
      : nil
    self.warnings = warnings
  }
}
