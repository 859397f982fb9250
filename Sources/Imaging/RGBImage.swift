/// An 8-bit RGB image.
public struct RGBImage: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// Samples 0...255, (height, width, 3) row-major.
  public let pixels: [UInt8]

  /// - Precondition: both sizes are positive and `pixels` holds `width * height * 3` samples.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The mirror image: column x becomes column width − 1 − x.
  public func flippedHorizontally() -> RGBImage {
    let flipped = [UInt8](unsafeUninitializedCapacity: pixels.count) { samples, count in
      pixels.withUnsafeBufferPointer { source in
        for y in 0..<height {
          let row = 3 * width * y
          for x in 0..<width {
            let from = row + 3 * x
            let to = row + 3 * (width - 1 - x)
            samples[to] = source[from]
            samples[to + 1] = source[from + 1]
            samples[to + 2] = source[from + 2]
          }
        }
      }
      count = pixels.count
    }
    return RGBImage(width: width, height: height, pixels: flipped)
  }
}
