import Diagnostics
import Evaluation
import Storage

/// Which labels of two sets mean the same class.
struct ClassMatch {
  let reference: [Int32]
  /// In the reference's numbers where classes were matched by name.
  let samples: [Int32]
  /// Names of the reference's numbers, or else of the samples'.
  let names: [String]

  /// By name where both sets have names, else by number.
  ///
  /// Folders are numbered in the order of their names, so a set that lacks one has other
  /// numbers than a whole one: numbers alone would compare cones with cubes.
  init(
    reference: (labels: [Int32], names: [String]), samples: (labels: [Int32], names: [String])
  ) throws {
    self.reference = reference.labels
    guard !reference.names.isEmpty, !samples.names.isEmpty else {
      self.samples = samples.labels
      names = reference.names.isEmpty ? samples.names : reference.names
      return
    }
    var number: [String: Int32] = [:]
    for (label, name) in reference.names.enumerated() where !name.isEmpty {
      number[name] = Int32(clamping: label)
    }
    let known = samples.names.filter { number[$0] != nil }
    guard !known.isEmpty else {
      throw InputError(
        "classes", expected: "some that both sets have",
        found: "\(reference.names.prefix(3).joined(separator: ", ")) … in the reference, "
          + "\(samples.names.prefix(3).joined(separator: ", ")) … in the samples",
        remedy: "name the class folders alike, or leave out --per-class")
    }
    // Classes that the reference lacks come after its own.
    var names = reference.names
    let table = samples.names.map { name -> Int32 in
      if let label = number[name] { return label }
      names.append(name)
      return Int32(clamping: names.count - 1)
    }
    self.samples = samples.labels.map { table.indices.contains(Int($0)) ? table[Int($0)] : $0 }
    self.names = names
  }

  func name(_ label: Int) -> String? {
    names.indices.contains(label) && !names[label].isEmpty ? names[label] : nil
  }
}

extension MetricComputation {
  /// Metrics that classes are compared by.
  static let ofClasses: Set<MetricName> = [.fid, .precision, .recall]

  /// Adds FID, precision and recall of every class that both sets have.
  /// - Throws: `InputError` where a set has no labels.
  mutating func computeClasses(_ metrics: Set<MetricName>) throws {
    guard let reference else { return }
    try Self.stop(if: shouldStop)
    let match = try ClassMatch(
      reference: (labels(of: reference), names(of: reference)),
      samples: (labels(of: samples), names(of: samples)))
    observe(.progress(stage: "classes", done: 0, total: 1, detail: "per class"))
    let classes = try ClassMetrics.between(
      reference: LabelledFeatures(reference.matrix(.features), labels: match.reference),
      samples: LabelledFeatures(samples.matrix(.features), labels: match.samples),
      means: evaluation.means)
    for found in classes {
      let values: [(MetricName, Double?, String)] = [
        (.fid, found.fid, meansMethod),
        (.precision, found.manifold?.precision, "3 neighbours"),
        (.recall, found.manifold?.recall, "3 neighbours"),
      ]
      for case (let metric, let value?, let method) in values where metrics.contains(metric) {
        try add(
          metric, value, counts: (found.referenceCount, found.sampleCount), method: method
        ) {
          $0.label = found.label
          $0.className = match.name(found.label)
        }
      }
    }
    warn(classes, match)
    observe(.progress(stage: "classes", done: 1, total: 1, detail: "per class"))
  }

  /// One line for all classes, not one for each.
  private mutating func warn(_ classes: [ClassMetrics], _ match: ClassMatch) {
    let dimensions = (try? samples.features().description.dimensions) ?? 0
    let few = classes.filter {
      $0.fid != nil && min($0.referenceCount, $0.sampleCount) <= dimensions
    }
    if !few.isEmpty {
      warnings.append(
        "per class: \(few.count) of \(classes.count) classes have no more images than the "
          + "\(dimensions) feature dimensions: their FID compares with that of equal counts only")
    }
    let left = classes.filter { $0.fid == nil || $0.manifold == nil }
    if !left.isEmpty {
      let names = left.prefix(5).map { match.name($0.label) ?? "\($0.label)" }
      warnings.append(
        "per class: \(left.count) of \(classes.count) classes lack images in a set and numbers "
          + "with them (\(names.joined(separator: ", "))\(left.count > 5 ? ", …" : ""))")
    }
  }

  private func labels(of set: EvaluatedSet) throws -> [Int32] {
    guard let labels = try set.labels() else {
      throw InputError(
        set.input.path, expected: "images with labels, for --per-class", found: "none",
        remedy: "put them into class folders, or store arr_1 in the npz")
    }
    return labels
  }

  private func names(of set: EvaluatedSet) throws -> [String] {
    try set.features().description.classNames
  }
}
