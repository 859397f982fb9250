import Checkpoints
import Diagnostics
import Evaluation
import Files
import Foundation

/// Means and covariances in an npz, as pytorch-fid (`mu`, `sigma`) and ADM's evaluator (also
/// `mu_s`, `sigma_s`, of the spatial features) save and read them.
struct StoredStatistics {
  let path: String
  let features: FeatureMoments
  let spatial: FeatureMoments?
  /// SHA-256 over the arrays as they are stored.
  let hash: String
  /// What the file says of itself; nil of a file that others made.
  let origin: StatisticsOrigin?

  private static let names = (
    features: (mean: "mu", covariance: "sigma"), spatial: (mean: "mu_s", covariance: "sigma_s")
  )
  /// Bytes of JSON in an array of ours, which other programs pass over.
  private static let originName = "flowturbo"
  private static let longestOrigin = 1 << 16

  static func isIn(_ file: NPZFile) -> Bool {
    file.contains(names.features.mean) && file.contains(names.features.covariance)
  }

  init(_ file: NPZFile) throws {
    path = file.path
    var origin: StatisticsOrigin?
    if let info = file.tensor(named: Self.originName), info.type == .uint8,
      info.byteCount <= Self.longestOrigin
    {
      origin = try? JSONDecoder().decode(
        StatisticsOrigin.self, from: Data(file.bytes(Self.originName)))
    }
    self.origin = origin
    let digest = SHA256Digest()
    features = try Self.moments(file, Self.names.features, origin?.count, digest)
    let hasSpatial = file.contains(Self.names.spatial.mean)
    spatial =
      hasSpatial ? try Self.moments(file, Self.names.spatial, origin?.count, digest) : nil
    hash = digest.hexadecimal()
  }

  private static func moments(
    _ file: NPZFile, _ names: (mean: String, covariance: String), _ count: Int?,
    _ digest: SHA256Digest
  ) throws -> FeatureMoments {
    let (mean, covariance) = (try file.info(names.mean), try file.info(names.covariance))
    let dimensions = mean.count
    guard mean.shape == [dimensions], covariance.shape == [dimensions, dimensions],
      (1...FeatureMoments.maximalDimensions).contains(dimensions),
      mean.type.isFloatingPoint, covariance.type.isFloatingPoint
    else {
      throw InputError(
        "\(file.path): arrays '\(names.mean)' and '\(names.covariance)'",
        expected: "floats of shapes (d) and (d, d)",
        found: "\(mean.type.rawValue) \(mean.shape) and \(covariance.type.rawValue) "
          + "\(covariance.shape)")
    }
    for name in [names.mean, names.covariance] {
      digest.update("\(name)\n")
      try file.forEachChunk(of: name) { digest.update($0) }
    }
    return try FeatureMoments(
      "\(file.path) (\(names.mean), \(names.covariance))", count: count,
      mean: file.doubles(names.mean), covariance: file.doubles(names.covariance))
  }

  /// Writes statistics, whole or not at all.
  static func write(
    features: FeatureMoments, spatial: FeatureMoments?, origin: StatisticsOrigin,
    to path: String
  ) throws {
    func records(_ names: (mean: String, covariance: String), _ moments: FeatureMoments)
      -> [TensorRecord]
    {
      let d = moments.dimensions
      return [
        TensorRecord(names.mean, shape: [d], doubles: moments.mean),
        TensorRecord(names.covariance, shape: [d, d], doubles: moments.covariance),
      ]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = [UInt8](try encoder.encode(origin))
    try NPZWriter.write(
      records(names.features, features) + (spatial.map { records(names.spatial, $0) } ?? [])
        + [TensorRecord(originName, shape: [json.count], type: .uint8, bytes: json)],
      to: path)
  }
}

/// What statistics of ours say about themselves.
struct StatisticsOrigin: Codable, Equatable {
  var format = "flowturbo-statistics"
  var formatVersion = 1
  var codeVersion = Toolkit.version
  var evaluationProtocol: String
  var extractor: String
  var preparation: String
  var weightsHash: String
  /// Images.
  var count: Int
  /// SHA-256 over the images' hashes.
  var contentHash: String
}
