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
  /// Number of classes; the null label is this number.
  var classes: Int { get }

  /// Reads mean and log-variance of image `index`, 0 ..< count, row-major (C, S, S).
  func readPosterior(
    _ index: Int, flipped: Bool, mean: UnsafeMutableBufferPointer<Float>,
    logVariance: UnsafeMutableBufferPointer<Float>) throws
}
