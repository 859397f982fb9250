import Diagnostics

/// The shape of an AutoencoderKL as diffusers defines it. The defaults are those of
/// Stable Diffusion's (`stabilityai/sd-vae-ft-mse`).
public struct AutoencoderConfiguration: Sendable, Equatable {
  /// Widths of the levels (`block_out_channels`); each level but the last halves the sides.
  public var channels = [128, 256, 512, 512]
  /// Residual blocks per encoder level; the decoder has one more.
  public var layersPerBlock = 2
  /// Groups of every group normalisation.
  public var normGroups = 32
  public var latentChannels = 4
  public var inChannels = 3
  public var outChannels = 3
  /// Latents are posterior samples times this factor.
  public var scalingFactor = 0.18215

  public init() {}

  /// How many pixels one latent spans along a side.
  public var downsampling: Int { 1 << max(0, channels.count - 1) }

  /// - Throws: `InvalidField` for the first rule that is broken.
  public func validate() throws {
    guard (1...8).contains(channels.count), channels.allSatisfy((1...65_536).contains) else {
      throw InvalidField(
        "channels", expected: "1 to 8 widths from 1 to 65536", found: "\(channels)")
    }
    for (field, value) in [
      ("layersPerBlock", layersPerBlock), ("latentChannels", latentChannels),
      ("inChannels", inChannels), ("outChannels", outChannels), ("normGroups", normGroups),
    ] where !(1...1024).contains(value) {
      throw InvalidField(field, expected: "1 to 1024", found: "\(value)")
    }
    if let width = channels.first(where: { !$0.isMultiple(of: normGroups) }) {
      throw InvalidField(
        "channels", expected: "multiples of normGroups (\(normGroups))", found: "\(width)")
    }
    guard scalingFactor > 0, scalingFactor.isFinite else {
      throw InvalidField("scalingFactor", expected: "a number above 0", found: "\(scalingFactor)")
    }
  }

  /// Elements of all tensors of a checkpoint, of a valid configuration.
  public var parameterCount: Int {
    let (first, last) = (channels.first ?? 0, channels.last ?? 0)
    let mid = 2 * residual(last, last) + 2 * last + 4 * convolution(last, last, side: 1)
    let moments = 2 * latentChannels
    var encoder = convolution(inChannels, first) + mid + 2 * last + convolution(last, moments)
    var decoder =
      convolution(latentChannels, last) + mid + 2 * first + convolution(first, outChannels)
    for (level, width) in channels.enumerated() {
      let isLast = level == channels.count - 1
      let before = level == 0 ? first : channels[level - 1]
      encoder += residual(before, width) + (layersPerBlock - 1) * residual(width, width)
      encoder += isLast ? 0 : convolution(width, width)
      // The decoder goes through the levels in reverse.
      let above = isLast ? last : channels[level + 1]
      decoder += residual(above, width) + layersPerBlock * residual(width, width)
      decoder += level == 0 ? 0 : convolution(width, width)
    }
    return encoder + decoder + convolution(moments, moments, side: 1)
      + convolution(latentChannels, latentChannels, side: 1)
  }

  private func convolution(_ from: Int, _ to: Int, side: Int = 3) -> Int {
    from * to * side * side + to
  }

  /// Two norms and convolutions, and a 1×1 shortcut where the width changes.
  private func residual(_ from: Int, _ to: Int) -> Int {
    2 * from + convolution(from, to) + 2 * to + convolution(to, to)
      + (from == to ? 0 : convolution(from, to, side: 1))
  }
}
