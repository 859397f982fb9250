// N images, h × w latents, H × W pixels, C channels of a level.
import TensorGraph

/// Latents (N, h, w, C) to images (N, H, W, 3).
struct Decoder: Layer {
  private struct Level {
    let blocks: [ResidualBlock]
    let upsample: Convolution2D?
  }

  private let input: Convolution2D
  private let middle: MiddleBlock
  private let levels: [Level]
  private let norm: GroupNorm
  private let output: Convolution2D

  init(_ path: String, _ configuration: AutoencoderConfiguration) {
    let (widths, groups) = (Array(configuration.channels.reversed()), configuration.normGroups)
    let (first, last) = (widths.first ?? 0, widths.last ?? 0)
    input = Convolution2D(
      "\(path).conv_in", inputs: configuration.latentChannels, outputs: first, kernel: 3)
    middle = MiddleBlock("\(path).mid_block", channels: first, groups: groups)
    levels = widths.enumerated().map { level, width in
      let path = "\(path).up_blocks.\(level)"
      let before = level == 0 ? first : widths[level - 1]
      return Level(
        // One more than the encoder has.
        blocks: (0...configuration.layersPerBlock).map {
          ResidualBlock(
            "\(path).resnets.\($0)", inputs: $0 == 0 ? before : width, outputs: width,
            groups: groups)
        },
        upsample: level == widths.count - 1
          ? nil
          : Convolution2D("\(path).upsamplers.0.conv", inputs: width, outputs: width, kernel: 3))
    }
    norm = GroupNorm(
      "\(path).conv_norm_out", channels: last,
      GroupNormSettings(groups: groups, epsilon: autoencoderEpsilon, silu: true))
    output = Convolution2D(
      "\(path).conv_out", inputs: last, outputs: configuration.outChannels, kernel: 3)
  }

  var parameters: [Parameter] {
    input.parameters + middle.parameters
      + levels.flatMap { $0.blocks.flatMap(\.parameters) + ($0.upsample?.parameters ?? []) }
      + norm.parameters + output.parameters
  }

  func callAsFunction(_ latents: Tensor) throws -> Tensor {
    var x = try middle(input(latents))  // (N, h, w, C₀)
    for level in levels {
      for block in level.blocks { x = try block(x) }  // (N, h, w, C)
      guard let upsample = level.upsample else { continue }
      x = try upsample(x.upsampledNearest(2))  // (N, 2h, 2w, C)
    }
    return try output(norm(x))  // (N, H, W, 3)
  }
}
