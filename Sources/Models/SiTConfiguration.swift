import Diagnostics

/// The shape of a SiT (Ma et al. 2024, arXiv:2401.08740), velocity predictor or refiner.
public struct SiTConfiguration: Sendable, Equatable {
  /// Side of the square latents.
  public var inputSize = 32
  /// Side of the square patches; each is one token.
  public var patchSize = 2
  /// Channels of the latents.
  public var inChannels = 4
  /// Width of the tokens.
  public var hiddenSize = 384
  /// Number of blocks.
  public var depth = 12
  /// Attention heads per block.
  public var heads = 6
  /// Width of a block's MLP over `hiddenSize`.
  public var mlpRatio = 4.0
  /// Classes without the null class, whose index is `classes`.
  public var classes = 1000
  /// Whether the last layer emits a second set of channels, which is dropped. The
  /// official models do.
  public var learnSigma = true
  /// Sines and cosines that a time is embedded into.
  public var frequencyEmbeddingSize = 256
  /// Whether the input is concat[x, v], as the refiner's.
  public var velocityInput = false
  /// What the output is an estimate of; a refiner's is of a velocity's offset in any case.
  public var objective = PredictionObjective.velocity

  /// SiT-S/2 on 32×32 latents.
  public init() {}

  /// The published shapes; the patch follows a slash, as in `XL/2`.
  public enum Size: String, Sendable, CaseIterable {
    case small = "S"
    case base = "B"
    case large = "L"
    case extraLarge = "XL"
  }

  /// The patches of the published models.
  private static let publishedPatches = [2, 4, 8]

  /// A named model on 32×32 latents of 1000 classes: a size `S`, `B`, `L` or `XL`, a
  /// slash, and a patch of 2, 4 or 8.
  /// - Throws: `InputError` that lists the names.
  public init(named name: String) throws {
    for size in Size.allCases {
      for patch in Self.publishedPatches where name == "\(size.rawValue)/\(patch)" {
        (hiddenSize, depth, heads) = size.shape
        patchSize = patch
        return
      }
    }
    let names = Size.allCases.flatMap { size in
      Self.publishedPatches.map { "\(size.rawValue)/\($0)" }
    }
    throw InputError(
      "expected one of \(names.joined(separator: ", ")), found '\(name.prefix(40))'")
  }

  /// The published name, such as `XL/2`, of this width, depth, heads and patch; nil for others.
  public var publishedName: String? {
    let size = Size.allCases.first { $0.shape == (hiddenSize, depth, heads) }
    guard let size, mlpRatio == 4, Self.publishedPatches.contains(patchSize) else { return nil }
    return "\(size.rawValue)/\(patchSize)"
  }

  /// The heads of the published models of this width; nil for other widths. A refiner has
  /// its predictor's width and heads.
  public static func publishedHeads(hiddenSize: Int) -> Int? {
    Size.allCases.first { $0.shape.hiddenSize == hiddenSize }?.shape.heads
  }

  /// Tokens per latent, T.
  public var tokens: Int { (inputSize / patchSize) * (inputSize / patchSize) }
  /// Channels that the patch embedder takes: x, or x and v.
  public var embedderChannels: Int { inChannels * (velocityInput ? 2 : 1) }
  /// Channels that the last layer emits.
  public var outChannels: Int { inChannels * (learnSigma ? 2 : 1) }
  /// Width of a block's MLP, rounded down as in the reference.
  public var mlpSize: Int { Int(Double(hiddenSize) * mlpRatio) }

  /// - Throws: `InvalidField` for the first rule that is broken. The limits on sizes
  ///   keep every count of a valid configuration far from overflow.
  public func validate() throws {
    try Self.check("inputSize", inputSize, 1...4096)
    try Self.check("patchSize", patchSize, 1...64)
    try Self.check("inChannels", inChannels, 1...256)
    try Self.check("hiddenSize", hiddenSize, 4...65_536)
    try Self.check("depth", depth, 1...1024)
    try Self.check("heads", heads, 1...1024)
    try Self.check("mlpRatio", mlpRatio, 0.25...16)
    try Self.check("classes", classes, 1...1_000_000)
    try Self.check("frequencyEmbeddingSize", frequencyEmbeddingSize, 2...65_536)
    guard inputSize.isMultiple(of: patchSize) else {
      throw InvalidField(
        "inputSize", expected: "a multiple of patchSize (\(patchSize))", found: "\(inputSize)")
    }
    guard tokens <= 65_536 else {
      throw InvalidField(
        "inputSize", expected: "at most 65536 patches",
        found: "\(tokens) (\(inputSize) by \(inputSize))")
    }
    guard hiddenSize.isMultiple(of: heads) else {
      throw InvalidField(
        "hiddenSize", expected: "a multiple of heads (\(heads))", found: "\(hiddenSize)")
    }
    guard hiddenSize.isMultiple(of: 4) else {
      throw InvalidField(
        "hiddenSize", expected: "a multiple of 4, for the position table", found: "\(hiddenSize)")
    }
    guard frequencyEmbeddingSize.isMultiple(of: 2) else {
      throw InvalidField(
        "frequencyEmbeddingSize", expected: "an even number", found: "\(frequencyEmbeddingSize)")
    }
    guard objective == .velocity || !velocityInput else {
      throw InvalidField(
        "objective", expected: "velocity, as refiners take and give it", found: "\(objective)")
    }
  }

  private static func check<Value: Comparable>(
    _ field: String, _ value: Value, _ range: ClosedRange<Value>
  ) throws {
    guard range.contains(value) else {
      throw InvalidField(
        field, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
    }
  }
}

extension SiTConfiguration.Size {
  var shape: (hiddenSize: Int, depth: Int, heads: Int) {
    switch self {
    case .small: (384, 12, 6)
    case .base: (768, 12, 12)
    case .large: (1024, 24, 16)
    case .extraLarge: (1152, 28, 16)
    }
  }
}

// MARK: - Costs, of a valid configuration

extension SiTConfiguration {
  /// Elements of all tensors of a checkpoint, the fixed position table included.
  public var parameterCount: Int {
    let D = hiddenSize
    let patch = patchSize * patchSize
    let embedders =
      linear(embedderChannels * patch, D) + tokens * D
      + linear(frequencyEmbeddingSize, D) + linear(D, D) + (classes + 1) * D
    let block =
      linear(D, 3 * D) + linear(D, D) + linear(D, mlpSize) + linear(mlpSize, D) + linear(D, 6 * D)
    let final = linear(D, 2 * D) + linear(D, patch * outChannels)
    return embedders + depth * block + final
  }

  /// Multiply–adds of one forward of one latent, without guidance.
  public var multiplyAdds: Double {
    let (D, T, M) = (Double(hiddenSize), Double(tokens), Double(mlpSize))
    let patch = Double(patchSize * patchSize)
    let attention = T * 4 * D * D + 2 * T * T * D
    let block = attention + T * 2 * D * M + 6 * D * D
    let embedders =
      T * patch * Double(embedderChannels) * D + Double(frequencyEmbeddingSize) * D + D * D
    return embedders + Double(depth) * block + 2 * D * D + T * D * patch * Double(outChannels)
  }

  /// Those of `multiplyAdds` that depend on time and class alone.
  public var conditioningMultiplyAdds: Double {
    let D = Double(hiddenSize)
    return Double(frequencyEmbeddingSize) * D + D * D + Double(modulationSize) * D
  }

  private func linear(_ from: Int, _ to: Int) -> Int { from * to + to }
}
