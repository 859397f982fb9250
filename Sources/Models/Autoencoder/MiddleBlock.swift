// N images, H × W pixels, C channels.
import TensorGraph

/// Self-attention of one head over all pixels, beside an identity.
struct PixelAttention: Layer {
  private let norm: GroupNorm
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear

  init(_ path: String, channels: Int, groups: Int) {
    norm = GroupNorm(
      "\(path).group_norm", channels: channels,
      GroupNormSettings(groups: groups, epsilon: autoencoderEpsilon, silu: false))
    query = .fanIn("\(path).to_q", inputs: channels, outputs: channels)
    key = .fanIn("\(path).to_k", inputs: channels, outputs: channels)
    value = .fanIn("\(path).to_v", inputs: channels, outputs: channels)
    output = .fanIn("\(path).to_out.0", inputs: channels, outputs: channels)
  }

  var parameters: [Parameter] {
    norm.parameters + query.parameters + key.parameters + value.parameters + output.parameters
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let pixels = try norm(x).reshaped([n, h * w, c])  // (N, H·W, C)
    let packed = try query(pixels).concatenated(with: key(pixels), value(pixels), axis: 2)
    let attended = try output(packed.attention(heads: 1))  // (N, H·W, C)
    return try x + attended.reshaped(x.shape)  // (N, H, W, C)
  }
}

/// What lies between the two halves' resolutions: block, attention, block.
struct MiddleBlock: Layer {
  private let first: ResidualBlock
  private let attention: PixelAttention
  private let second: ResidualBlock

  init(_ path: String, channels: Int, groups: Int) {
    first = ResidualBlock(
      "\(path).resnets.0", inputs: channels, outputs: channels, groups: groups)
    attention = PixelAttention("\(path).attentions.0", channels: channels, groups: groups)
    second = ResidualBlock(
      "\(path).resnets.1", inputs: channels, outputs: channels, groups: groups)
  }

  var parameters: [Parameter] {
    first.parameters + attention.parameters + second.parameters
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try second(attention(first(x)))  // (N, H, W, C)
  }
}
