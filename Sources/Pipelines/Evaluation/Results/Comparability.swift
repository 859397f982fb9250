import Evaluation
import Foundation

/// Reasons why numbers may not be compared with others, from what is known of the sets.
struct Comparability {
  /// What papers take at least; FID of N images is biased by about 1/N.
  static let leastImages = 10_000
  /// From this scale on, guidance is chosen for the look of single pictures.
  static let strongGuidance = 3.0

  let evaluation: EvaluationProtocol
  let extractor: EvaluationReport.Extractor?
  let reference: EvaluatedSet?
  let samples: EvaluatedSet

  func warnings(
    _ first: EvaluationReport.ImageSet?, _ second: EvaluationReport.ImageSet
  ) -> [String] {
    var warnings = (reference?.input.warnings ?? []) + samples.input.warnings
    for (role, set) in [("reference", first), ("samples", second)] {
      guard let set else { continue }
      warnings += ofSet(role, set)
    }
    if let first { warnings += ofPair(first, second) }
    if let reference { warnings += statistics(reference, first) }
    warnings += statistics(samples, second)
    warnings += ofProtocol(first)
    if let manifest = samples.input.manifest, manifest.guidance >= Self.strongGuidance {
      warnings.append(
        "samples: guidance \(manifest.guidance), which is chosen for the look of pictures; papers "
          + "report FID at 1.25 to 1.5")
    }
    return warnings
  }

  private func ofSet(_ role: String, _ set: EvaluationReport.ImageSet) -> [String] {
    var warnings: [String] = []
    if let count = set.count, count < Self.leastImages {
      warnings.append(
        "\(role): \(count) images, fewer than \(Self.leastImages): comparable only with "
          + "evaluations of as many")
    }
    if set.broken > 0 {
      warnings.append("\(role): \(set.broken) broken images are left out")
    }
    if set.sizes.count > 1 {
      warnings.append("\(role): images of \(set.sizes.count) sizes or more: \(list(set.sizes))")
    }
    return warnings
  }

  private func ofPair(
    _ first: EvaluationReport.ImageSet, _ second: EvaluationReport.ImageSet
  ) -> [String] {
    var warnings: [String] = []
    let jpegs = (first.formats["jpeg"] ?? 0, second.formats["jpeg"] ?? 0)
    let others = (
      first.formats.values.reduce(0, +) - jpegs.0, second.formats.values.reduce(0, +) - jpegs.1
    )
    if jpegs.0 > 0 && others.1 > 0 || jpegs.1 > 0 && others.0 > 0 {
      warnings.append(
        "formats differ: reference \(list(first.formats)), samples \(list(second.formats)): "
          + "JPEG's traces alone set features apart")
    }
    if first.sizes.count == 1, second.sizes.count == 1, first.sizes.keys != second.sizes.keys {
      warnings.append(
        "sizes differ: reference \(list(first.sizes)), samples \(list(second.sizes)): resizing "
          + "alone sets features apart")
    }
    if let hash = first.imagesHash, hash == second.imagesHash {
      warnings.append("reference and samples are the same images")
    }
    return warnings
  }

  /// Whether stored statistics are of the same protocol and network.
  private func statistics(
    _ set: EvaluatedSet, _ account: EvaluationReport.ImageSet?
  ) -> [String] {
    guard account?.statisticsHash != nil, let statistics = set.input.statistics else { return [] }
    let expected: EvaluationProtocol = evaluation == .flowturbo ? .adm : evaluation
    guard let origin = statistics.origin else {
      let isLikeADM = statistics.spatial != nil
      guard isLikeADM != (expected == .adm) else { return [] }
      return [
        "\(set.input.path): statistics "
          + (isLikeADM
            ? "with mu_s, as ADM's evaluator saves" : "without mu_s, as pytorch-fid saves")
          + ": are they of protocol \(expected.rawValue)?"
      ]
    }
    var warnings: [String] = []
    if origin.evaluationProtocol != expected.rawValue {
      warnings.append(
        "\(set.input.path): statistics of protocol \(origin.evaluationProtocol), not "
          + "\(expected.rawValue)")
    }
    if let extractor, evaluation != .flowturbo, origin.weightsHash != extractor.weights {
      warnings.append(
        "\(set.input.path): statistics of other weights (\(origin.extractor), SHA-256 "
          + "\(origin.weightsHash.prefix(8))…)")
    }
    return warnings
  }

  private func ofProtocol(_ first: EvaluationReport.ImageSet?) -> [String] {
    var warnings: [String] = []
    if let extractor, extractor.name == InceptionExtractor.networkName,
      !extractor.weights.hasPrefix(ExtractorWeights.inceptionHash)
    {
      warnings.append(
        "weights: SHA-256 begins with \(extractor.weights.prefix(8)), not with "
          + "\(ExtractorWeights.inceptionHash) as \(ExtractorWeights.inceptionFile): the numbers "
          + "are comparable only where the values are the same")
    }
    if evaluation == .flowturbo {
      warnings.append(
        "protocol flowturbo: FlowTurbo's script compares images before they are rounded to 8 bits; "
          + "these were read from 8-bit files")
      if let first, first.statisticsHash == nil {
        warnings.append(
          "protocol flowturbo: the reference holds no statistics of ADM's: this is pytorch-fid's "
            + "number")
      }
    }
    return warnings
  }

  private func list(_ counts: [String: Int]) -> String {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }
}
