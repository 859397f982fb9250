import Checkpoints
import Diagnostics
import Evaluation
import Foundation
import Storage

/// A reference or a set of samples with the numbers that metrics need, computed when they are
/// asked for first.
final class EvaluatedSet {
  /// `reference` or `samples`.
  let role: String
  let input: EvaluationInput
  /// Computes the features of the input's images; nil where nothing can.
  private let extraction: FeatureExtraction?
  private let evaluation: EvaluationProtocol
  private let needsSpatial: Bool
  private var file: FeaturesFile?
  private var matrices: [FeatureColumn: FeatureMatrix] = [:]
  private var usedStatistics = false

  init(
    _ role: String, _ input: EvaluationInput, _ extraction: FeatureExtraction?,
    _ evaluation: EvaluationProtocol, needsSpatial: Bool
  ) {
    self.role = role
    self.input = input
    self.extraction = extraction
    self.evaluation = evaluation
    self.needsSpatial = needsSpatial
  }

  // MARK: What there is

  private var hasRows: Bool { input.images != nil || input.features != nil }

  /// Whether Fréchet distances take the stored statistics.
  private var takesStatistics: Bool {
    input.statistics != nil && (!hasRows || evaluation.prefersStatistics)
  }

  /// Why the set has no rows of this column; nil where it has.
  func lack(ofRows column: FeatureColumn) -> String? {
    if let features = input.features {
      return features.has(column) ? nil : "\(input.path) holds no \(column.rawValue)"
    }
    guard input.images != nil else { return "\(input.path) holds statistics only" }
    guard let extraction, extraction.extractor.dimensions(of: column) > 0 else {
      return "the network gives no \(column.rawValue)"
    }
    return nil
  }

  /// Why the set has no mean and covariance of this column; nil where it has.
  func lack(ofMoments column: FeatureColumn) -> String? {
    guard takesStatistics else { return lack(ofRows: column) }
    let isThere = column == .features || (column == .spatial && input.statistics?.spatial != nil)
    return isThere ? nil : "\(input.path) holds no statistics of spatial features"
  }

  // MARK: Numbers

  /// Rows by file, computed where they are not there.
  func features() throws -> FeaturesFile {
    if let file { return file }
    if let features = input.features {
      file = features
      return features
    }
    guard let images = input.images, let extraction else {
      throw InputError(
        input.path, expected: "images", found: "statistics only",
        remedy: "leave out the metrics that compare images")
    }
    let computed = try extraction.features(
      of: images, called: role, labels: input.labels, needsSpatial: needsSpatial)
    file = computed
    return computed
  }

  /// All rows in memory.
  func matrix(_ column: FeatureColumn) throws -> FeatureMatrix {
    if let matrix = matrices[column] { return matrix }
    let file = try features()
    let matrix = try rows(0..<file.count, of: column, in: file)
    matrices[column] = matrix
    return matrix
  }

  private func rows(_ rows: Range<Int>, of column: FeatureColumn, in file: FeaturesFile) throws
    -> FeatureMatrix
  {
    let values = try file.read(column, rows: rows)
    let columns = file.description.dimensions(of: column)
    if let place = values.withUnsafeBufferPointer({ $0.firstNonFinite }) {
      throw InputError(
        "\(file.path): dataset '\(column.rawValue)' of the \(role)", expected: "finite numbers",
        found: "\(values[place]) in row \(rows.lowerBound + place / columns), column "
          + "\(place % columns)",
        remedy: "remove the file, to compute the features again")
    }
    return try FeatureMatrix(
      "\(role) (\(input.path))", rows: rows.count, columns: columns, values: values)
  }

  /// Passes the rows on in blocks.
  func forEachBlock(_ column: FeatureColumn, _ body: (FeatureMatrix) throws -> Void) throws {
    let file = try features()
    for first in stride(from: 0, to: file.count, by: Self.block) {
      let rows = first..<min(first + Self.block, file.count)
      try body(self.rows(rows, of: column, in: file))
    }
  }

  private static let block = 4096

  /// Mean and covariance, stored or computed.
  func moments(_ column: FeatureColumn) throws -> FeatureMoments {
    if takesStatistics, let statistics = input.statistics {
      usedStatistics = true
      if column == .features { return statistics.features }
      if let spatial = statistics.spatial { return spatial }
    }
    return try computedMoments(column)
  }

  /// Mean and covariance of the rows.
  func computedMoments(_ column: FeatureColumn) throws -> FeatureMoments {
    try sums(column).moments("\(role) (\(input.path))", means: evaluation.means)
  }

  /// The sums that mean and covariance are made of.
  func sums(_ column: FeatureColumn) throws -> FeatureStatistics {
    var sums = try FeatureStatistics(
      dimensions: features().description.dimensions(of: column))
    try forEachBlock(column) { try sums.add($0) }
    return sums
  }

  /// The label of every row; nil where there are none.
  func labels() throws -> [Int32]? { try features().labels() }

  // MARK: The account

  /// What is known of the set once everything has been computed.
  func account() throws -> EvaluationReport.ImageSet {
    var account = EvaluationReport.ImageSet(
      path: input.path, content: [], count: nil, broken: 0, imagesHash: nil, statisticsHash: nil,
      statisticsOrigin: nil, formats: [:], sizes: [:],
      labelPolicy: input.labels?.policy ?? FeaturesDescription.unlabelled,
      pixels: input.images == nil && input.features == nil ? "unknown" : "8 bits per sample")
    if let file {
      account.content.append(input.features == nil ? "images" : "features")
      account.count = file.count
      account.broken = file.examined - file.count
      account.imagesHash = ImageContent.hash(of: try file.imageHashes())
      account.formats = Dictionary(grouping: try file.imageFormats(), by: \.self)
        .mapValues(\.count)
      account.sizes = Self.frequent(try file.imageSizes().map { "\($0.width)x\($0.height)" })
    }
    if usedStatistics, let statistics = input.statistics {
      account.content.append("statistics")
      account.statisticsHash = statistics.hash
      account.statisticsOrigin = statistics.origin.map {
        "\($0.evaluationProtocol), \($0.extractor), \($0.preparation), \($0.count) images"
      }
      if file == nil { account.count = statistics.origin?.count }
    }
    return account
  }

  private static func frequent(_ sizes: [String]) -> [String: Int] {
    let counts = Dictionary(grouping: sizes, by: \.self).mapValues(\.count)
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    var result = Dictionary(uniqueKeysWithValues: counts.prefix(8).map { ($0.key, $0.value) })
    let rest = counts.dropFirst(8).reduce(0) { $0 + $1.value }
    if rest > 0 { result["other"] = rest }
    return result
  }
}
