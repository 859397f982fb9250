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

  /// What messages call image `index`.
  func name(of index: Int) -> String
}

extension LatentSource {
  public func name(of index: Int) -> String { "latents: sample \(index)" }
}

extension LatentsFile: LatentSource {
  public var sampleShape: Shape { [description.channels, description.height, description.width] }
  public var scale: Float { Float(description.scalingFactor) }

  public func name(of index: Int) -> String {
    let source = (try? sourcePath(index: index)).map { " (\($0))" } ?? ""
    return "\(path): sample \(index)\(source)"
  }
}
