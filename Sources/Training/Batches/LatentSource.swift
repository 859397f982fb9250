import Storage
import TensorGraph

/// Latents as Gaussian posteriors, one for each image and one for its mirror image.
public protocol LatentSource: Sendable {
  /// Number of images.
  var count: Int { get }
  /// (C, S, S).
  var sampleShape: Shape { get }
  /// Latents are posterior samples times this.
  var scale: Float { get }
  /// Class of each image.
  var labels: [Int32] { get }

  /// Reads mean and log-variance of image `index`, 0 ..< count, each row-major (C, S, S).
  func read(
    index: Int, flip: Bool, mean: UnsafeMutableBufferPointer<Float>,
    logVariance: UnsafeMutableBufferPointer<Float>) throws
}

extension LatentsFile: LatentSource {
  public var sampleShape: Shape { [description.channels, description.height, description.width] }
  public var scale: Float { Float(description.scalingFactor) }
}
