import Diagnostics

/// The shape of a feature network: what judges images where no Inception weights are there.
public struct FeatureNetworkConfiguration: Sendable, Equatable {
  /// What results are named after, as in `fid[solids-features]`.
  public var name = "features"
  /// Side of the square images in pixels.
  public var imageSize = 64
  /// Widths of the levels; each level halves the sides.
  public var widths = [24, 48, 96, 128]
  /// Groups of every group normalisation.
  public var normGroups = 8
  /// Length F of the feature vector, the nine of the texture included.
  public var featureWidth = 128
  /// Channels of the map at an eighth of the images' side that are its spatial features.
  public var spatialChannels = 4
  public var classes = 10

  public init() {}

  /// The level whose map is an eighth of the images' side.
  static let spatialLevel = 2

  /// Features that are measured, not learned: three scales of three colours.
  public static let textureWidth = 9

  /// Features that are learned.
  public var learnedWidth: Int { featureWidth - Self.textureWidth }
  /// Side of the spatial features' map.
  public var spatialSide: Int { imageSize >> (Self.spatialLevel + 1) }
  /// Length of the flattened spatial features.
  public var spatialWidth: Int { spatialSide * spatialSide * spatialChannels }

  /// - Throws: `InvalidField` for the first rule that is broken.
  public func validate() throws {
    guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else {
      throw InvalidField(
        "name", expected: "1 to 64 lower-case letters, digits and hyphens",
        found: "'\(name.prefix(80))'")
    }
    guard (3...8).contains(widths.count), widths.allSatisfy((1...4096).contains) else {
      throw InvalidField("widths", expected: "3 to 8 widths from 1 to 4096", found: "\(widths)")
    }
    for (field, value, range) in [
      ("imageSize", imageSize, 8...1024), ("normGroups", normGroups, 1...1024),
      ("featureWidth", featureWidth, Self.textureWidth + 1...4096),
      ("classes", classes, 2...65_536),
      ("spatialChannels", spatialChannels, 1...widths[Self.spatialLevel]),
    ] where !range.contains(value) {
      throw InvalidField(
        field, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
    }
    let factor = 1 << widths.count
    guard imageSize.isMultiple(of: factor) else {
      throw InvalidField(
        "imageSize", expected: "a multiple of \(factor), as \(widths.count) levels halve it",
        found: "\(imageSize)")
    }
    if let width = widths.dropFirst().first(where: { !$0.isMultiple(of: normGroups) }) {
      throw InvalidField(
        "widths", expected: "multiples of normGroups (\(normGroups)) after the first",
        found: "\(width)")
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
  }
}
