// B batch, T tokens, D width, p patch, h = √T, C channels of the velocity, S = h·p.
import TensorGraph

/// Tokens back to an image of velocities; starts at zero.
struct FinalLayer: Layer {
  /// Vectors of width D that modulate the layer.
  static let modulations = 2

  private let linear: Linear
  private let modulation: Linear
  private let patch: Int
  private let channels: Int
  private let emittedChannels: Int

  init(_ path: String, width: Int, patch: Int, channels: Int, learnsSigma: Bool) {
    self.patch = patch
    self.channels = channels
    emittedChannels = learnsSigma ? 2 * channels : channels
    linear = .zero("\(path).linear", inputs: width, outputs: patch * patch * emittedChannels)
    modulation = .zero(
      "\(path).adaLN_modulation.1", inputs: width, outputs: Self.modulations * width)
  }

  var parameters: [Parameter] { linear.parameters + modulationParameters }

  var modulationParameters: [Parameter] { modulation.parameters }

  /// Shift and scale (R, 2·D) of conditions (R, D).
  func modulation(of c: Tensor) throws -> Tensor { try modulation(c.silu()) }

  func callAsFunction(_ x: Tensor, modulation: Tensor, grid h: Int) throws -> Tensor {
    let m = try modulation.split(Self.modulations, axis: 1)  // shift, scale: (B, D)
    let normed = try x.layerNormModulated(shift: m[0], scale: m[1], epsilon: SiTBlock.epsilon)
    let (b, p) = (x.shape[0], patch)
    return try linear(normed)  // (B, T, p·p·C′)
      .reshaped([b, h, h, p, p, emittedChannels])
      // A SiT that learns sigma emits twice the channels and the second half is
      // dropped: its rows of the weight get gradients of exactly zero.
      .slice(axis: 5, 0..<channels)  // (B, h, h, p, p, C)
      .transposed([0, 5, 1, 3, 2, 4])  // (B, C, h, p, h, p)
      .reshaped([b, channels, h * p, h * p])  // (B, C, S, S)
  }
}
