/// What a file of features says about itself, apart from its samples. The names of the HDF5
/// attributes and the layout stand in `docs/formats.md`.
public struct FeaturesDescription: Sendable, Equatable, Codable {
  /// The network, such as `inception-v3`.
  public var extractor: String
  /// How images were prepared for it, such as `adm`.
  public var preprocessing: String
  /// SHA-256 of the network's weights.
  public var weightsHash: String
  /// Side in pixels of the square images that the network is shown.
  public var inputSize: Int
  /// Numbers per image: what the metrics compare.
  public var dimensions: Int
  /// Numbers per image of a layer that still has places, for sFID; 0 where not stored.
  public var spatialDimensions: Int
  /// Classes of the network, for the Inception Score; 0 where it has none.
  public var logitDimensions: Int
  /// Images that the network ran on at a time: another number changes features by rounding.
  public var batch: Int
  /// Where the labels come from; ``unlabelled`` where there are none.
  public var labelPolicy: String
  /// `classNames[label]` names a label; empty where labels have no names.
  public var classNames: [String]
  /// Program and version.
  public var createdBy: String

  public static let unlabelled = "none"

  public init(
    extractor: String, preprocessing: String, weightsHash: String, inputSize: Int,
    dimensions: Int, spatialDimensions: Int, logitDimensions: Int, batch: Int,
    labelPolicy: String, classNames: [String], createdBy: String
  ) {
    self.extractor = extractor
    self.preprocessing = preprocessing
    self.weightsHash = weightsHash
    self.inputSize = inputSize
    self.dimensions = dimensions
    self.spatialDimensions = spatialDimensions
    self.logitDimensions = logitDimensions
    self.batch = batch
    self.labelPolicy = labelPolicy
    self.classNames = classNames
    self.createdBy = createdBy
  }

  var hasLabels: Bool { labelPolicy != Self.unlabelled }

  /// Far above any network, far below what could overflow when multiplied.
  private static let mostDimensions = 1 << 24

  var isSound: Bool {
    (1...Self.mostDimensions).contains(dimensions)
      && [spatialDimensions, logitDimensions].allSatisfy((0...Self.mostDimensions).contains)
      && inputSize > 0 && batch > 0
  }
}

/// The numbers that a file of features can hold of an image.
public enum FeatureColumn: String, Sendable, CaseIterable {
  case features
  case spatial
  case logits
}

extension FeaturesDescription {
  public func dimensions(of column: FeatureColumn) -> Int {
    switch column {
    case .features: dimensions
    case .spatial: spatialDimensions
    case .logits: logitDimensions
    }
  }

  /// The columns that are stored.
  var columns: [FeatureColumn] { FeatureColumn.allCases.filter { dimensions(of: $0) > 0 } }
}
