// N images, H × W pixels.
import Diagnostics
import TensorGraph

/// The Inception-v3 that FID is measured with, under the keys of pytorch-fid's
/// `pt_inception-2015-12-05-6726825d.pth`.
///
/// It is TensorFlow's network of 2015-12-05: 1008 classes, averages that leave padding out,
/// and a maximum in the last block's pooling branch. Source: Szegedy et al., "Rethinking the
/// Inception architecture", 2016 (arXiv:1512.00567); Heusel et al. 2017 (arXiv:1706.08500).
///
/// ``parameters`` are the checkpoint's. The variables of the graph are others:
/// ``foldedVariables(from:)`` makes them when weights are bound.
public struct InceptionV3: Layer {
  /// Side of the images that features are compared on.
  public static let side = 299

  /// What is taken from the network.
  public enum Feature: String, Sendable, CaseIterable {
    /// Means over all pixels after pytorch-fid's blocks 0 to 2.
    case pool64, pool192, pool768
    /// Means over all pixels after the last block: the features of FID, `pool_3`.
    case pool2048
    /// The first 7 channels of `Mixed_6d.branch1x1` by rows, columns, channels: sFID's 2023.
    case spatial
    /// `pool2048` times the classifier's weight, as ADM's evaluator feeds its softmax.
    case unbiasedLogits = "logits_unbiased"
    case logits
  }

  /// Channels that sFID takes.
  private static let spatialChannels = 7

  public let classes: Int
  private let epsilon: Double
  /// Up to the maxima that pytorch-fid's blocks 0 and 1 end in.
  private let stem: [[InceptionConvolution]]
  private let mixed5: [any InceptionBlock]
  private let mixed6: [any InceptionBlock]
  /// Where the spatial features are taken: the fourth of ``mixed6``.
  private let mixed6d: InceptionC
  private let mixed7: [any InceptionBlock]
  private let classifier: Linear

  /// - Parameter epsilon: what batch normalisation adds to variances.
  /// - Throws: `InvalidField` for a number of classes or an epsilon that cannot be.
  public init(classes: Int = 1008, epsilon: Double = 0.001) throws {
    guard (1...65_536).contains(classes) else {
      throw InvalidField("classes", expected: "1 to 65536", found: "\(classes)")
    }
    guard epsilon > 0, epsilon.isFinite else {
      throw InvalidField("bn_eps", expected: "a number above 0", found: "\(epsilon)")
    }
    self.classes = classes
    self.epsilon = epsilon
    func start(
      _ name: String, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1,
      isPadded: Bool = false
    ) -> InceptionConvolution {
      InceptionConvolution(
        name, inputs: inputs, outputs: outputs, kernel: (kernel, kernel), stride: stride,
        isPadded: isPadded)
    }
    stem = [
      [
        start("Conv2d_1a_3x3", 3, 32, stride: 2), start("Conv2d_2a_3x3", 32, 32),
        start("Conv2d_2b_3x3", 32, 64, isPadded: true),
      ],
      [start("Conv2d_3b_1x1", 64, 80, kernel: 1), start("Conv2d_4a_3x3", 80, 192)],
    ]
    mixed5 = [
      InceptionA("Mixed_5b", inputs: 192, poolOutputs: 32),
      InceptionA("Mixed_5c", inputs: 256, poolOutputs: 64),
      InceptionA("Mixed_5d", inputs: 288, poolOutputs: 64),
    ]
    mixed6d = InceptionC("Mixed_6d", inputs: 768, inner: 160)
    mixed6 = [
      InceptionB("Mixed_6a", inputs: 288), InceptionC("Mixed_6b", inputs: 768, inner: 128),
      InceptionC("Mixed_6c", inputs: 768, inner: 160), mixed6d,
      InceptionC("Mixed_6e", inputs: 768, inner: 192),
    ]
    mixed7 = [
      InceptionD("Mixed_7a", inputs: 768),
      InceptionE("Mixed_7b", inputs: 1280, pooling: .average),
      InceptionE("Mixed_7c", inputs: 2048, pooling: .maximum),
    ]
    classifier = .fanIn("fc", inputs: 2048, outputs: classes)
  }

  /// All 566 tensors of the checkpoint. `num_batches_tracked`, of which nothing is computed,
  /// may be missing; a classifier beside the network (`AuxLogits`), as torchvision's own
  /// checkpoints have, may not be there.
  public var parameters: [Parameter] {
    convolutions.flatMap(\.parameters) + classifier.parameters
  }

  private var convolutions: [InceptionConvolution] {
    stem.joined() + (mixed5 + mixed6 + mixed7).flatMap(\.convolutions)
  }

  /// Numbers per image of a feature, at 299 × 299 pixels.
  public func count(_ feature: Feature) -> Int {
    switch feature {
    case .pool64: 64
    case .pool192: 192
    case .pool768: 768
    case .pool2048: 2048
    case .spatial: 17 * 17 * Self.spatialChannels
    case .logits, .unbiasedLogits: classes
    }
  }

  /// The graph's variables made of a checkpoint's tensors: batch normalisation is folded
  /// into the convolutions in double precision.
  /// - Throws: `InputError` where a tensor is missing, has another shape or is not finite.
  public func foldedVariables(from checkpoint: [String: HostTensor]) throws
    -> [String: HostTensor]
  {
    let weights = InceptionWeights(tensors: checkpoint)
    var variables: [String: HostTensor] = [:]
    for convolution in convolutions {
      try variables.merge(convolution.foldBatchNorm(epsilon: epsilon, in: weights)) { $1 }
    }
    for parameter in classifier.parameters {
      variables[parameter.path] = try weights[parameter]
    }
    return variables
  }

  /// The features `wanted` of images (N, 299, 299, 3) in about [−1, 1], each (N, numbers).
  ///
  /// Images of other sizes from 75 × 75 pixels on are taken as they are; their spatial
  /// features have another number. What no feature needs is not computed.
  public func callAsFunction(_ images: Tensor, _ wanted: Set<Feature>) throws -> [Feature: Tensor] {
    let block0 = try stem[0](images).maxPooled(.halving)  // (N, 73, 73, 64)
    let block1 = try stem[1](block0).maxPooled(.halving)  // (N, 35, 35, 192)
    let to6d = try (mixed5 + mixed6[..<3]).reduce(block1) { try $1($0) }  // (N, 17, 17, 768)
    let block2 = try mixed6[3...].reduce(to6d) { try $1($0) }  // (N, 17, 17, 768)
    let pooled = try mixed7.reduce(block2) { try $1($0) }.mean([1, 2])  // (N, 2048)
    let features: [Feature: Tensor] = [
      .pool64: try block0.mean([1, 2]), .pool192: try block1.mean([1, 2]),
      .pool768: try block2.mean([1, 2]), .pool2048: pooled, .spatial: try spatial(to6d),
      .unbiasedLogits: try classifier.unbiased(pooled), .logits: try classifier(pooled),
    ]
    return features.filter { wanted.contains($0.key) }
  }

  /// - Parameter x: what `Mixed_6d` is given.
  private func spatial(_ x: Tensor) throws -> Tensor {
    let channels = try mixed6d.branch1x1(x).slice(axis: 3, 0..<Self.spatialChannels)
    return try channels.reshaped([x.shape[0], channels.shape.elementCount / x.shape[0]])
  }
}
