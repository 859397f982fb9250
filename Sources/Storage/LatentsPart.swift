import Diagnostics

/// The posteriors of one fixed range of the image list, on their way into a
/// latents file. Broken images are left out, so there may be fewer samples than images.
public struct LatentsPart: Sendable {
  var samples: SamplePart

  public var number: Int { samples.number }
  /// Places in the image list that this part stands for.
  public var range: Range<Int> { samples.range }

  /// Adds the posterior of image `index`: (2, C, H, W) each, as is and flipped.
  /// Images come in ascending order.
  public mutating func append(
    index: Int, mean: UnsafeBufferPointer<Float>, logVariance: UnsafeBufferPointer<Float>
  ) throws {
    try samples.append(
      index: index, [UnsafeRawBufferPointer(mean), UnsafeRawBufferPointer(logVariance)])
  }

  public mutating func append(index: Int, mean: [Float], logVariance: [Float]) throws {
    try mean.withUnsafeBufferPointer { mean in
      try logVariance.withUnsafeBufferPointer {
        try append(index: index, mean: mean, logVariance: $0)
      }
    }
  }
}
