/// An 8-bit image of any number of channels: rows, columns, channels.
public struct PixelArray: Sendable, Equatable {
  public let width: Int
  public let height: Int
  public let channels: Int
  /// Samples 0...255, (height, width, channels) row-major.
  public let pixels: [UInt8]

  /// - Precondition: all three sizes are positive and `pixels` holds their product.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && channels > 0)
    precondition(pixels.count == width * height * channels)
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  public init(_ image: RGBImage) {
    self.init(width: image.width, height: image.height, channels: 3, pixels: image.pixels)
  }
}
