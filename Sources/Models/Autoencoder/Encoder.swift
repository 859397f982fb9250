// N images, H × W pixels, C channels of a level.
import TensorGraph

/// Images (N, H, W, 3) to what the quantising convolution turns into moments.
struct Encoder: Layer {
  private struct Level {
    let blocks: [ResidualBlock]
    let downsample: Convolution2D?
  }

  private let input: Convolution2D
  private let levels: [Level]
  private let middle: MiddleBlock
  private let norm: GroupNorm
  private let output: Convolution2D

  init(_ path: String, _ configuration: AutoencoderConfiguration) {
    let (widths, groups) = (configuration.channels, configuration.normGroups)
    let (first, last) = (widths.first ?? 0, widths.last ?? 0)
    input = Convolution2D(
      "\(path).conv_in", inputs: configuration.inChannels, outputs: first, kernel: 3)
    levels = widths.enumerated().map { level, width in
      let path = "\(path).down_blocks.\(level)"
      let before = level == 0 ? first : widths[level - 1]
      return Level(
        blocks: (0..<configuration.layersPerBlock).map {
          ResidualBlock(
            "\(path).resnets.\($0)", inputs: $0 == 0 ? before : width, outputs: width,
            groups: groups)
        },
        // Padded at the right and the bottom only, unlike every other convolution here.
        downsample: level == widths.count - 1
          ? nil
          : Convolution2D(
            "\(path).downsamplers.0.conv", inputs: width, outputs: width, kernel: 3,
            ConvolutionGeometry(stride: 2, before: 0, after: 1)))
    }
    middle = MiddleBlock("\(path).mid_block", channels: last, groups: groups)
    norm = GroupNorm(
      "\(path).conv_norm_out", channels: last,
      GroupNormSettings(groups: groups, epsilon: autoencoderEpsilon, silu: true))
    output = Convolution2D(
      "\(path).conv_out", inputs: last, outputs: 2 * configuration.latentChannels, kernel: 3)
  }

  var parameters: [Parameter] {
    input.parameters
      + levels.flatMap { $0.blocks.flatMap(\.parameters) + ($0.downsample?.parameters ?? []) }
      + middle.parameters + norm.parameters + output.parameters
  }

  func callAsFunction(_ images: Tensor) throws -> Tensor {
    var x = try input(images)  // (N, H, W, C₀)
    for level in levels {
      for block in level.blocks { x = try block(x) }  // (N, H, W, C)
      if let downsample = level.downsample { x = try downsample(x) }  // (N, H/2, W/2, C)
    }
    return try output(norm(middle(x)))  // (N, h, w, 2·latent channels)
  }
}
