import Models

/// What the shapes of an AutoencoderKL's tensors say of it, under today's names.
struct AutoencoderFacts: Sendable {
  /// Widths of the levels, as the encoder has them.
  let channels: [Int]
  let layersPerBlock: Int?
  let latentChannels: Int?
  let inChannels: Int?
  let outChannels: Int?
  let hasEncoder: Bool
  let hasDecoder: Bool
  /// Whether it has a code book, as VQ-GANs.
  let isQuantised: Bool

  /// Names that every autoencoder has.
  static let hallmarks = [
    "encoder.conv_in.weight", "encoder.conv_out.weight", "quant_conv.weight",
    "post_quant_conv.weight", "decoder.conv_in.weight", "decoder.conv_out.weight",
  ]

  /// - Returns: nil where the tensors are not those of an autoencoder of images.
  init?(_ shapes: [String: [Int]]) {
    /// The size of an axis of a convolution's weight.
    func size(_ name: String, axis: Int) -> Int? {
      guard let shape = shapes[name + ".weight"], shape.count == 4 else { return nil }
      return (1...65_536).contains(shape[axis]) ? shape[axis] : nil
    }
    hasEncoder = size("encoder.conv_in", axis: 0) != nil
    hasDecoder = size("decoder.conv_in", axis: 0) != nil
    guard hasEncoder || hasDecoder else { return nil }
    isQuantised = shapes.keys.contains { $0.hasPrefix("quantize.") }

    let path = hasEncoder ? "encoder.down_blocks" : "decoder.up_blocks"
    var widths: [Int] = []
    while widths.count < 8, let width = size("\(path).\(widths.count).resnets.0.conv1", axis: 0) {
      widths.append(width)
    }
    channels = hasEncoder ? widths : widths.reversed()
    let blocks = (0..<1024).prefix { shapes["\(path).0.resnets.\($0).conv1.weight"] != nil }.count
    // The decoder has one more.
    let layers = hasEncoder ? blocks : blocks - 1
    layersPerBlock = layers > 0 ? layers : nil
    latentChannels =
      size("decoder.conv_in", axis: 1) ?? size("post_quant_conv", axis: 0)
      ?? size("quant_conv", axis: 0).map { max(1, $0 / 2) }
      ?? size("encoder.conv_out", axis: 0).map { max(1, $0 / 2) }
    inChannels = size("encoder.conv_in", axis: 1)
    outChannels = size("decoder.conv_out", axis: 0)
  }

  /// What is known, in a few words.
  var summary: String {
    let widths = channels.map(String.init).joined(separator: ", ")
    let half = hasEncoder ? hasDecoder ? "" : ", encoder only" : ", decoder only"
    return "widths \(widths), \(latentChannels.map(String.init) ?? "?") latent channels\(half)"
  }

  /// The configuration that the shapes say, with defaults for the rest.
  var configuration: AutoencoderConfiguration {
    var configuration = AutoencoderConfiguration()
    if !channels.isEmpty { configuration.channels = channels }
    configuration.layersPerBlock = layersPerBlock ?? configuration.layersPerBlock
    configuration.latentChannels = latentChannels ?? configuration.latentChannels
    configuration.inChannels = inChannels ?? outChannels ?? configuration.inChannels
    configuration.outChannels = outChannels ?? inChannels ?? configuration.outChannels
    return configuration
  }
}
