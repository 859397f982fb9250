/// What a latents file says about itself, apart from its samples. The names of
/// the HDF5 attributes and the layout stand in `docs/formats.md`.
public struct LatentsDescription: Sendable, Equatable, Codable {
  /// Shape of one latent, (C, H, W).
  public var channels: Int
  public var height: Int
  public var width: Int
  /// `classNames[label]` names a label; empty for labels that no sample has.
  public var classNames: [String]
  /// Where the labels come from: the WNID table or the order of the folders.
  public var labelPolicy: String
  /// SHA-256 of the autoencoder's weights.
  public var vaeHash: String
  /// A model's input is the latent times this.
  public var scalingFactor: Double
  /// Side of the square images that were encoded, in pixels.
  public var imageSize: Int
  /// The resolved configuration, YAML.
  public var configuration: String
  /// Program and version.
  public var createdBy: String

  public init(
    channels: Int, height: Int, width: Int, classNames: [String], labelPolicy: String,
    vaeHash: String, scalingFactor: Double, imageSize: Int, configuration: String,
    createdBy: String
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    self.classNames = classNames
    self.labelPolicy = labelPolicy
    self.vaeHash = vaeHash
    self.scalingFactor = scalingFactor
    self.imageSize = imageSize
    self.configuration = configuration
    self.createdBy = createdBy
  }

  /// Elements of one latent, C·H·W; nil when they are too many or none.
  var latentCount: Int? {
    guard channels > 0, height > 0, width > 0 else { return nil }
    let (area, overflow) = height.multipliedReportingOverflow(by: width)
    let (count, overflow2) = area.multipliedReportingOverflow(by: channels)
    // Far above any latent, far below what could overflow when multiplied.
    return overflow || overflow2 || count > 1 << 28 ? nil : count
  }
}
