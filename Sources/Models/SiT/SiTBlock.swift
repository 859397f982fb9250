// B batch, T tokens, D width, M width of the MLP.
import TensorGraph

/// Multi-head self-attention with one packed projection for queries, keys and values.
struct Attention: Layer {
  private let heads: Int
  private let qkv: Linear
  private let projection: Linear

  init(_ path: String, width: Int, heads: Int) {
    self.heads = heads
    qkv = .xavier("\(path).qkv", inputs: width, outputs: 3 * width)
    projection = .xavier("\(path).proj", inputs: width, outputs: width)
  }

  var parameters: [Parameter] { qkv.parameters + projection.parameters }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try projection(qkv(x).attention(heads: heads))  // (B, T, D)
  }
}

/// Two linear layers with tanh-GELU between.
struct MLP: Layer {
  private let first: Linear
  private let second: Linear

  init(_ path: String, width: Int, hidden: Int) {
    first = .xavier("\(path).fc1", inputs: width, outputs: hidden)
    second = .xavier("\(path).fc2", inputs: hidden, outputs: width)
  }

  var parameters: [Parameter] { first.parameters + second.parameters }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try second(first(x).gelu())  // (B, T, D)
  }
}

/// Transformer block whose norms and residuals are modulated by the
/// conditioning vector, starting as the identity (adaLN-Zero).
///
/// Source: Peebles and Xie, "Scalable diffusion models with transformers", 2023, figure 3.
struct SiTBlock: Layer {
  static let epsilon: Float = 1e-6
  /// Vectors of width D that modulate a block.
  static let modulations = 6

  private let attention: Attention
  private let mlp: MLP
  private let modulation: Linear

  init(_ path: String, width: Int, heads: Int, hidden: Int) {
    attention = Attention("\(path).attn", width: width, heads: heads)
    mlp = MLP("\(path).mlp", width: width, hidden: hidden)
    modulation = .zero(
      "\(path).adaLN_modulation.1", inputs: width, outputs: Self.modulations * width)
  }

  var parameters: [Parameter] {
    attention.parameters + mlp.parameters + modulationParameters
  }

  var modulationParameters: [Parameter] { modulation.parameters }

  /// Shift, scale and gate of the attention, then of the MLP, (R, 6·D), of conditions (R, D).
  func modulation(of c: Tensor) throws -> Tensor { try modulation(c.silu()) }

  func callAsFunction(_ x: Tensor, modulation: Tensor) throws -> Tensor {
    let m = try modulation.split(Self.modulations, axis: 1)  // 6 × (B, D)
    let attended = try attention(
      x.layerNormModulated(shift: m[0], scale: m[1], epsilon: Self.epsilon))
    let x = try x.gatedResidual(gate: m[2], branch: attended)  // (B, T, D)
    let mixed = try mlp(x.layerNormModulated(shift: m[3], scale: m[4], epsilon: Self.epsilon))
    return try x.gatedResidual(gate: m[5], branch: mixed)  // (B, T, D)
  }
}
