import Diagnostics
import Foundation
import Models

/// A SiT or refiner as fixtures describe it. What they leave out has the published
/// code's default: XL/2 on 32×32 latents of 1000 classes.
struct NetworkSettings: Decodable {
  private let model: String?
  private let inputSize, patchSize, inChannels, inChannelsScale: Int?
  private let hiddenSize, depth, heads, classes, frequencies: Int?
  private let mlpRatio: Double?
  private let learnSigma: Bool?

  private enum CodingKeys: String, CodingKey {
    case model, depth
    case inputSize = "input_size"
    case patchSize = "patch_size"
    case inChannels = "in_channels"
    case inChannelsScale = "in_channels_scale"
    case hiddenSize = "hidden_size"
    case heads = "num_heads"
    case classes = "num_classes"
    case frequencies = "frequency_embedding_size"
    case mlpRatio = "mlp_ratio"
    case learnSigma = "learn_sigma"
  }

  /// - Parameter isRefiner: what the network is where `in_channels_scale` does not say.
  func configuration(isRefiner: Bool? = nil) throws -> SiTConfiguration {
    let scale = inChannelsScale ?? (isRefiner ?? (model == "refiner") ? 2 : 1)
    guard scale == 1 || scale == 2 else {
      throw InvalidField("in_channels_scale", expected: "1 or 2", found: "\(scale)")
    }
    var result = SiTConfiguration()
    result.velocityInput = scale == 2
    result.inputSize = inputSize ?? 32
    result.patchSize = patchSize ?? 2
    result.inChannels = inChannels ?? 4
    result.hiddenSize = hiddenSize ?? 1152
    result.depth = depth ?? (scale == 2 ? 1 : 28)
    result.heads = heads ?? 16
    result.mlpRatio = mlpRatio ?? 4
    result.classes = classes ?? 1000
    result.learnSigma = learnSigma ?? true
    result.frequencyEmbeddingSize = frequencies ?? 256
    try result.validate()
    try checkMemory(weights: result.parameterCount)
    return result
  }
}

/// An AutoencoderKL as fixtures describe it; defaults are Stable Diffusion's.
struct AutoencoderSettings: Decodable {
  private let blockOutChannels: [Int]?
  private let layersPerBlock, normGroups, latentChannels, inChannels, outChannels: Int?
  private let attentionHeads: Int?
  private let epsilon, scaling: Double?

  private enum CodingKeys: String, CodingKey {
    case scaling
    case blockOutChannels = "block_out_channels"
    case layersPerBlock = "layers_per_block"
    case normGroups = "norm_num_groups"
    case latentChannels = "latent_channels"
    case inChannels = "in_channels"
    case outChannels = "out_channels"
    case attentionHeads = "mid_block_attention_heads"
    case epsilon = "group_norm_eps"
  }

  func configuration() throws -> AutoencoderConfiguration {
    guard attentionHeads ?? 1 == 1 else {
      throw InvalidField(
        "mid_block_attention_heads", expected: "1", found: "\(attentionHeads ?? 1)")
    }
    guard epsilon ?? 1e-6 == 1e-6 else {
      throw InvalidField("group_norm_eps", expected: "1e-06", found: "\(epsilon ?? 0)")
    }
    var result = AutoencoderConfiguration()
    result.channels = blockOutChannels ?? result.channels
    result.layersPerBlock = layersPerBlock ?? result.layersPerBlock
    result.normGroups = normGroups ?? result.normGroups
    result.latentChannels = latentChannels ?? result.latentChannels
    result.inChannels = inChannels ?? result.inChannels
    result.outChannels = outChannels ?? result.outChannels
    result.scalingFactor = scaling ?? result.scalingFactor
    try result.validate()
    try checkMemory(weights: result.parameterCount)
    return result
  }
}

/// Refuses models that are larger than the machine, before memory is taken.
private func checkMemory(weights count: Int) throws {
  let limit = ProcessInfo.processInfo.physicalMemory / 4
  guard UInt64(count) <= limit else {
    throw InputError(
      "its model", expected: "at most \(limit) weights, as fit into this machine's memory",
      found: "\(count)")
  }
}
