// B batch, C channels, S side of the latents, T tokens, D width.
import Diagnostics
import TensorGraph

/// Scalable interpolant transformer: the velocity of a flow from noise (t = 0) to
/// data (t = 1), as a function of latents, time and class.
///
/// Source: Ma et al., "SiT: exploring flow and diffusion-based generative models
/// with scalable interpolant transformers", 2024 (arXiv:2401.08740).
public struct SiT: Layer {
  /// Reports an intermediate tensor: `tokens` (B, T, D) with positions, `t_emb` and
  /// `c` (B, D), `block0`, `block1`, … (B, T, D).
  public typealias Observer = (_ name: String, _ tensor: Tensor) -> Void

  public let configuration: SiTConfiguration
  private let patches: PatchEmbedder
  private let times: TimestepEmbedder
  private let labels: LabelEmbedder
  private let blocks: [SiTBlock]
  private let final: FinalLayer

  /// - Throws: `InvalidField` for an impossible configuration.
  public init(_ configuration: SiTConfiguration) throws {
    try configuration.validate()
    self.configuration = configuration
    let width = configuration.hiddenSize
    patches = PatchEmbedder(
      "x_embedder", positions: "pos_embed", channels: configuration.embedderChannels,
      side: configuration.inputSize, patch: configuration.patchSize, width: width)
    times = TimestepEmbedder(
      "t_embedder", frequencies: configuration.frequencyEmbeddingSize, width: width)
    labels = LabelEmbedder("y_embedder", classes: configuration.classes, width: width)
    blocks = (0..<configuration.depth).map {
      SiTBlock(
        "blocks.\($0)", width: width, heads: configuration.heads, hidden: configuration.mlpSize)
    }
    final = FinalLayer(
      "final_layer", width: width, patch: configuration.patchSize,
      channels: configuration.inChannels, learnsSigma: configuration.learnSigma)
  }

  public var parameters: [Parameter] {
    patches.parameters + times.parameters + labels.parameters + blocks.flatMap(\.parameters)
      + final.parameters
  }

  /// Shape of the latents of `count` samples.
  public func latentShape(_ count: Int) -> Shape {
    let c = configuration
    return [count, c.inChannels, c.inputSize, c.inputSize]
  }

  /// Velocities (B, C, S, S).
  ///
  /// - Parameters:
  ///   - x: latents (B, C, S, S).
  ///   - t: times (B), from 0 at noise to 1 at data.
  ///   - labels: int32 (B); the number of classes is the null label.
  ///   - velocity: (B, C, S, S), where the configuration has `velocityInput`.
  /// - Throws: `InputError` or `ShapeError` where an argument has another shape.
  public func callAsFunction(
    _ x: Tensor, t: Tensor, labels y: Tensor, velocity: Tensor? = nil, observe: Observer? = nil
  ) throws -> Tensor {
    guard (velocity != nil) == configuration.velocityInput else {
      throw InputError(
        configuration.velocityInput
          ? "this SiT is a refiner and needs a velocity beside the latents"
          : "this SiT is a predictor and takes no velocity")
    }
    guard x.shape.rank == 4, x.shape == latentShape(x.shape[0]) else {
      throw InputError(
        "latents of a SiT", expected: "shape \(latentShape(x.shape.dimensions.first ?? 1))",
        found: "\(x.shape)")
    }
    let grid = configuration.inputSize / configuration.patchSize
    let input = try velocity.map { try x.concatenated(with: $0, axis: 1) } ?? x  // (B, C′, S, S)
    var tokens = try patches(input)  // (B, T, D)
    observe?("tokens", tokens)
    let embedded = try times(t)  // (B, D)
    observe?("t_emb", embedded)
    let condition = try embedded + labels(y)  // (B, D)
    observe?("c", condition)
    for (index, block) in blocks.enumerated() {
      tokens = try block(tokens, condition: condition)  // (B, T, D)
      observe?("block\(index)", tokens)
    }
    return try final(tokens, condition: condition, grid: grid)  // (B, C, S, S)
  }
}

extension SiTConfiguration {
  /// The label of no class, for classifier-free guidance: one after the last.
  public var nullClass: Int { classes }
}
