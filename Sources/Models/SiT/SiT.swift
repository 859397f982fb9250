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

  /// What `modulations(times:labels:)` reads, and velocities at known modulations do not.
  public var conditioningParameters: [Parameter] {
    times.parameters + labels.parameters + blocks.flatMap(\.modulationParameters)
      + final.modulationParameters
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
    let tokens = try tokens(x, velocity: velocity)  // (B, T, D)
    observe?("tokens", tokens)
    let embedded = try times(t)  // (B, D)
    observe?("t_emb", embedded)
    let condition = try embedded + labels(y)  // (B, D)
    observe?("c", condition)
    // Each modulation is made where it is used, so that none waits in memory.
    return try transform(tokens, observe: observe) { try modulation(of: condition, at: $0) }
  }

  // MARK: In two parts

  /// Everything that depends on time and class alone: the modulations of all blocks and of the
  /// last layer, side by side.
  ///
  /// - Parameters:
  ///   - times: (K), each embedded once.
  ///   - labels: int32 (U).
  /// - Returns: (U, K, M) for every label at every time, M being the configuration's
  ///   `modulationSize`.
  public func modulations(times t: Tensor, labels y: Tensor) throws -> Tensor {
    let (k, u, width) = (t.shape.elementCount, y.shape.elementCount, configuration.hiddenSize)
    let embedded = try times(t).reshaped([1, k, width])
    let condition = try (embedded + labels(y).reshaped([u, 1, width]))  // (U, K, D)
      .reshaped([u * k, width])
    let parts = try (0...blocks.count).map { try modulation(of: condition, at: $0) }
    return try parts[0].concatenated(with: Array(parts.dropFirst()), axis: 1)  // (U·K, M)
      .reshaped([u, k, configuration.modulationSize])
  }

  /// The same for pairs of a time and a label, as rows that stand at times of their own need them.
  ///
  /// - Parameters:
  ///   - times: (P).
  ///   - labels: int32 (P).
  /// - Returns: (P, M).
  public func pairedModulations(times t: Tensor, labels y: Tensor) throws -> Tensor {
    let condition = try times(t) + labels(y)  // (P, D)
    let parts = try (0...blocks.count).map { try modulation(of: condition, at: $0) }
    return try parts[0].concatenated(with: Array(parts.dropFirst()), axis: 1)  // (P, M)
  }

  /// Velocities (R, C, S, S) at modulations that are known already.
  ///
  /// - Parameters:
  ///   - x: latents (B, C, S, S), R a multiple of B. Where R is larger, all latents are taken
  ///     R/B times, one after the other: what does not depend on the modulations is computed
  ///     for B.
  ///   - modulations: (R, M), rows of what `modulations(times:labels:)` gives.
  ///   - velocity: (R, C, S, S), where the configuration has `velocityInput`.
  /// - Throws: `InputError` or `ShapeError` where an argument has another shape.
  public func callAsFunction(_ x: Tensor, modulations: Tensor, velocity: Tensor? = nil) throws
    -> Tensor
  {
    let width = configuration.hiddenSize
    try checkLatents(x)
    guard modulations.shape.rank == 2, modulations.shape[1] == configuration.modulationSize,
      modulations.shape[0].isMultiple(of: x.shape[0])
    else {
      throw InputError(
        "modulations of a SiT",
        expected: "\(configuration.modulationSize) values for each of the latents, or for each "
          + "of several copies of them", found: "\(modulations.shape)")
    }
    let rows = modulations.shape[0]
    // A refiner's latents meet a velocity of as many rows before anything else happens to them.
    let tokens =
      if let velocity {
        try tokens(x.repeatedRows(rows), velocity: velocity)
      } else { try tokens(x, velocity: nil).repeatedRows(rows) }  // (R, T, D)
    return try transform(tokens, observe: nil) { index in
      let start = index * SiTBlock.modulations * width
      let length = (index < blocks.count ? SiTBlock.modulations : FinalLayer.modulations) * width
      return try modulations.slice(axis: 1, start..<start + length)
    }
  }

  // MARK: Parts

  /// Patches of latents, and of velocities where they are taken too, as tokens (B, T, D).
  private func tokens(_ x: Tensor, velocity: Tensor?) throws -> Tensor {
    guard (velocity != nil) == configuration.velocityInput else {
      throw InputError(
        configuration.velocityInput
          ? "this SiT is a refiner and needs a velocity beside the latents"
          : "this SiT is a predictor and takes no velocity")
    }
    try checkLatents(x)
    return try patches(velocity.map { try x.concatenated(with: $0, axis: 1) } ?? x)
  }

  private func checkLatents(_ x: Tensor) throws {
    guard x.shape.rank == 4, x.shape == latentShape(x.shape[0]) else {
      throw InputError(
        "latents of a SiT", expected: "shape \(latentShape(x.shape.dimensions.first ?? 1))",
        found: "\(x.shape)")
    }
  }

  /// The modulation of a block, or after the last block that of the last layer.
  private func modulation(of condition: Tensor, at index: Int) throws -> Tensor {
    try index < blocks.count
      ? blocks[index].modulation(of: condition) : final.modulation(of: condition)
  }

  private func transform(
    _ tokens: Tensor, observe: Observer?, modulation: (_ index: Int) throws -> Tensor
  ) throws -> Tensor {
    var tokens = tokens
    for (index, block) in blocks.enumerated() {
      tokens = try block(tokens, modulation: modulation(index))  // (B, T, D)
      observe?("block\(index)", tokens)
    }
    let grid = configuration.inputSize / configuration.patchSize
    return try final(tokens, modulation: modulation(blocks.count), grid: grid)  // (B, C, S, S)
  }
}

extension Tensor {
  /// All rows one after the other until there are `count`, a multiple of their number.
  fileprivate func repeatedRows(_ count: Int) throws -> Tensor {
    let copies = Array(repeating: self, count: count / shape[0] - 1)
    return copies.isEmpty ? self : try concatenated(with: copies, axis: 0)
  }
}

extension SiTConfiguration {
  /// The label of no class, for classifier-free guidance: one after the last.
  public var nullClass: Int { classes }

  /// Values that time and class give to one forward of one latent.
  public var modulationSize: Int {
    (depth * SiTBlock.modulations + FinalLayer.modulations) * hiddenSize
  }
}
