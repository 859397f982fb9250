// N images of side S, F features, K classes, C channels of a level of side s.
import TensorGraph

/// A small convolutional classifier whose pooled activations are compared between sets of
/// images, as those of InceptionV3 are where its weights are there.
///
/// Three things make its features more than a guess of the class:
/// * They pool every level, not only the last: what tells classes apart is deep, colour and
///   contrast are shallow. The first level is not normalised, so that brightness gets through.
/// * `layout` is trained to give back the image in 8 × 8 colours from them alone, which keeps
///   colour, background and place in them.
/// * The last nine are measured, not learned: how much there is at the finest scales, which a
///   classifier learns to overlook and which blur, noise and autoencoders change first.
public struct FeatureNetwork: Layer {
  /// What is seen in a batch of images.
  public struct Outputs {
    /// (N, F), learned ones first, then `texture(_:)`.
    public let features: Tensor
    /// (N, s·s·c), the first channels of the map at an eighth of the side, channels fastest.
    public let spatial: Tensor
    /// (N, K), bias included.
    public let logits: Tensor
    /// (N, 3, 8, 8), the image in coarse colours.
    public let layout: Tensor
  }

  /// Side of the coarse image that features are trained to hold.
  public static let layoutSide = 8

  public let configuration: FeatureNetworkConfiguration
  private let stem: Convolution2D
  private let levels: [FeatureLevel]
  private let neck: Linear
  private let classifier: Linear
  private let layout: Linear

  /// - Throws: `InvalidField` for an impossible configuration.
  public init(_ configuration: FeatureNetworkConfiguration) throws {
    try configuration.validate()
    self.configuration = configuration
    let (widths, learned) = (configuration.widths, configuration.learnedWidth)
    stem = Convolution2D("stem", inputs: 3, outputs: widths[0], kernel: 3, .halving)
    levels = zip(widths, widths.dropFirst()).enumerated().map { index, pair in
      FeatureLevel(
        "levels.\(index)", inputs: pair.0, outputs: pair.1, groups: configuration.normGroups)
    }
    neck = .fanIn("neck", inputs: widths.reduce(0, +), outputs: learned)
    classifier = .fanIn("fc", inputs: learned, outputs: configuration.classes)
    layout = .fanIn("layout", inputs: learned, outputs: 3 * Self.layoutSide * Self.layoutSide)
  }

  public var parameters: [Parameter] {
    stem.parameters + levels.flatMap(\.parameters) + neck.parameters + classifier.parameters
      + layout.parameters
  }

  /// - Parameter images: (N, 3, S, S) in [−1, 1].
  public func callAsFunction(_ images: Tensor) throws -> Outputs {
    let pixels = try images.transposed([0, 2, 3, 1])  // (N, S, S, 3)
    var maps = [try stem(pixels).silu()]  // (N, S/2, S/2, C₀)
    for level in levels { maps.append(try level(maps[maps.count - 1])) }  // (N, s, s, C)
    let pools = try maps.map { try $0.mean([1, 2]) }  // (N, C) each
    let learned = try neck(pools[0].concatenated(with: Array(pools.dropFirst()), axis: 1))
    let n = images.shape[0]
    let spatial = try maps[FeatureNetworkConfiguration.spatialLevel]
      .slice(axis: 3, 0..<configuration.spatialChannels)  // (N, s, s, c)
    return Outputs(
      features: try learned.concatenated(with: Self.texture(pixels), axis: 1),  // (N, F)
      spatial: try spatial.reshaped([n, configuration.spatialWidth]),
      logits: try classifier(learned),  // (N, K)
      layout: try layout(learned).reshaped([n, 3, Self.layoutSide, Self.layoutSide]))
  }

  /// Logarithms of the energies of the three finest scales of a Haar pyramid, scale by scale
  /// and colour by colour, (N, 9), of images (N, S, S, 3): the mean square of what is lost
  /// where 2 × 2 pixels become their mean. A doubling of the energy adds 0.69.
  static func texture(_ pixels: Tensor) throws -> Tensor {
    var x = pixels
    var energies: [Tensor] = []
    for _ in 0..<textureScales {
      let means = try x.graph.add(.sumPool(factor: 2), [x])[0] * 0.25  // (N, s/2, s/2, 3)
      let lost = try x - means.upsampledNearest(2)  // (N, s, s, 3)
      // Rounding to 8 bits alone has about half of what is added.
      energies.append(try ((lost * lost).mean([1, 2]) + 1e-5).logarithm())  // (N, 3)
      x = means
    }
    return try energies[0].concatenated(with: Array(energies.dropFirst()), axis: 1)
  }

  private static let textureScales = 3

  /// Images (N, 3, S, S) averaged over squares: what `layout` is trained to be.
  public static func coarse(_ images: Tensor) throws -> Tensor {
    let (n, factor) = (images.shape[0], images.shape[2] / layoutSide)
    return try images.reshaped([n, 3, layoutSide, factor, layoutSide, factor]).mean([3, 5])
  }
}

/// A convolution that halves the sides, and one beside an identity.
struct FeatureLevel: Layer {
  private let convolution1: Convolution2D
  private let norm1: GroupNorm
  private let convolution2: Convolution2D
  private let norm2: GroupNorm

  init(_ path: String, inputs: Int, outputs: Int, groups: Int) {
    let norm = GroupNormSettings(groups: groups, epsilon: 1e-5, silu: true)
    convolution1 = Convolution2D(
      "\(path).conv1", inputs: inputs, outputs: outputs, kernel: 3, .halving)
    norm1 = GroupNorm("\(path).norm1", channels: outputs, norm)
    convolution2 = Convolution2D("\(path).conv2", inputs: outputs, outputs: outputs, kernel: 3)
    norm2 = GroupNorm("\(path).norm2", channels: outputs, norm)
  }

  var parameters: [Parameter] {
    convolution1.parameters + norm1.parameters + convolution2.parameters + norm2.parameters
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let halved = try norm1(convolution1(x))  // (N, s/2, s/2, C)
    return try halved + norm2(convolution2(halved))  // (N, s/2, s/2, C)
  }
}

extension ConvolutionGeometry {
  /// A 3 × 3 kernel that halves the sides, as `stride=2, padding=1` in PyTorch.
  fileprivate static let halving = ConvolutionGeometry(stride: 2, before: 1, after: 1)
}
