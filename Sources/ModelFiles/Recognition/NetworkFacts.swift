import Models

/// What the shapes of a SiT's tensors say of it; nil where tensors are missing or of a form
/// that no SiT has. A file may hold anything, so all numbers are bounded here.
struct NetworkFacts: Sendable {
  /// Channels that the patch embedder takes, E.
  let embedderChannels: Int?
  /// Channels that the last layer emits, O.
  let emittedChannels: Int?
  let patchSize: Int?
  let hiddenSize: Int?
  let depth: Int?
  let mlpSize: Int?
  let classes: Int?
  let frequencies: Int?
  /// Side of the latents, known from the position table only.
  let inputSize: Int?

  /// Names that tell a SiT or refiner, whatever its size.
  static let hallmarks = [
    "x_embedder.proj.weight", "t_embedder.mlp.0.weight", "y_embedder.embedding_table.weight",
    "blocks.0.attn.qkv.weight", "blocks.0.adaLN_modulation.1.weight", "final_layer.linear.weight",
  ]

  /// - Returns: nil where the tensors are not those of a SiT.
  init?(_ shapes: [String: [Int]]) {
    guard Self.hallmarks.count(where: { shapes[$0] != nil }) >= 3 else { return nil }
    /// The size of an axis of a tensor that has `rank` of them.
    func size(_ name: String, axis: Int, rank: Int) -> Int? {
      guard let shape = shapes[name], shape.count == rank else { return nil }
      return (1...1 << 24).contains(shape[axis]) ? shape[axis] : nil
    }
    let embedder = "x_embedder.proj.weight"
    let patch = size(embedder, axis: 3, rank: 4).flatMap { (1...64).contains($0) ? $0 : nil }
    patchSize = patch
    embedderChannels = size(embedder, axis: 1, rank: 4)
    hiddenSize =
      size(embedder, axis: 0, rank: 4) ?? size("t_embedder.mlp.2.weight", axis: 0, rank: 2)
      ?? size("final_layer.linear.weight", axis: 1, rank: 2)
    emittedChannels = size("final_layer.linear.weight", axis: 0, rank: 2).flatMap { rows in
      let area = patch.map { $0 * $0 } ?? 0
      return area > 0 && rows.isMultiple(of: area) ? rows / area : nil
    }
    classes = size("y_embedder.embedding_table.weight", axis: 0, rank: 2).flatMap {
      // The last row is the null class.
      $0 > 1 ? $0 - 1 : nil
    }
    frequencies = size("t_embedder.mlp.0.weight", axis: 1, rank: 2)
    mlpSize = size("blocks.0.mlp.fc1.weight", axis: 0, rank: 2)
    inputSize = size("pos_embed", axis: 1, rank: 3).flatMap { tokens in
      let side = Int(Double(tokens).squareRoot().rounded())
      return side * side == tokens ? patch.map { side * $0 } : nil
    }
    depth = shapes.keys.compactMap(Self.block).max().map { $0 + 1 }
  }

  /// `n` of `blocks.n.…`.
  private static func block(_ name: String) -> Int? {
    let parts = name.split(separator: ".", maxSplits: 2)
    guard parts.count == 3, parts[0] == "blocks" else { return nil }
    return Int(parts[1]).flatMap { (0..<1 << 24).contains($0) ? $0 : nil }
  }

  /// Whether the tensors are rather those of a refiner, which takes twice the channels of
  /// what it gives, or as many where it learns sigma.
  var looksLikeRefiner: Bool {
    guard let taken = embedderChannels, let emitted = emittedChannels, taken.isMultiple(of: 2)
    else { return false }
    if emitted == 2 * taken { return false }
    if 2 * emitted == taken { return true }
    // As many out as in: a refiner that learns sigma, or a predictor that does not. Latents
    // have 4 channels, in some models 16; refiners are shallow.
    switch taken {
    case 4, 16: return false
    case 8, 32: return true
    default: return (depth ?? 0) <= 2
    }
  }

  /// What is known, in a few words.
  var summary: String {
    [
      hiddenSize.map { "width \($0)" }, depth.map { "depth \($0)" },
      patchSize.map { "patch \($0)" }, embedderChannels.map { "\($0) channels in" },
      classes.map { "\($0) classes" },
    ].compactMap { $0 }.joined(separator: ", ")
  }

  /// The MLP's width over the tokens', such that it rounds down to the very width.
  var mlpRatio: Double? {
    guard let mlpSize, let hiddenSize else { return nil }
    let ratio = Double(mlpSize) / Double(hiddenSize)
    return Int(Double(hiddenSize) * ratio) == mlpSize ? ratio : ratio.nextUp
  }
}
