import Imaging
import Models

/// The picture of a finished run of `flowturbo sample`, cut to fewer columns.
public enum SamplePicture {
  /// - Parameters:
  ///   - path: `grid.png` of the run.
  ///   - columns: at most so many; the picture may have fewer.
  public static func read(
    _ path: String, of configuration: SampleConfiguration, columns: Int
  ) throws -> RGBImage {
    let grid = try ImageDecoder.decode(path: path)
    let network = try configuration.predictor.predictorConfiguration()
    let vae = try configuration.vae.autoencoderConfiguration()
    let side = network.inputSize * vae.downsampling
    return cut(grid, width: columns * (side + GridLayout.gap) - GridLayout.gap)
  }

  /// The picture's left part.
  static func cut(_ image: RGBImage, width: Int) -> RGBImage {
    guard width > 0, width < image.width else { return image }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * image.height)
    for row in 0..<image.height {
      let start = 3 * row * image.width
      pixels += image.pixels[start..<start + 3 * width]
    }
    return RGBImage(width: width, height: image.height, pixels: pixels)
  }
}
