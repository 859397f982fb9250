// N images, H × W pixels, h × w latents of C channels. Outside NCHW as in the
// checkpoints' own code, inside NHWC as the engine's convolutions.
import TensorGraph

/// Variational autoencoder of latent diffusion, as diffusers' `AutoencoderKL`,
/// under its parameter names (`to_q`, `to_k`, `to_v`, `to_out.0`).
///
/// Source: Rombach et al., "High-resolution image synthesis with latent diffusion
/// models", 2022 (arXiv:2112.10752), appendix G.
public struct AutoencoderKL: Layer {
  /// A Gaussian of independent elements.
  public struct Posterior {
    /// (N, C, h, w).
    public let mean: Tensor
    /// (N, C, h, w), within −30…20.
    public let logVariance: Tensor

    /// mean + σ·noise, for standard normal noise (N, C, h, w).
    public func sample(_ noise: Tensor) throws -> Tensor {
      try mean + (0.5 * logVariance).exponential() * noise
    }
  }

  public let configuration: AutoencoderConfiguration
  private let encoderNetwork: Encoder
  private let quantise: Convolution2D
  private let unquantise: Convolution2D
  private let decoderNetwork: Decoder

  /// - Throws: `InvalidField` for an impossible configuration.
  public init(_ configuration: AutoencoderConfiguration) throws {
    try configuration.validate()
    self.configuration = configuration
    let latent = configuration.latentChannels
    encoderNetwork = Encoder("encoder", configuration)
    quantise = Convolution2D("quant_conv", inputs: 2 * latent, outputs: 2 * latent, kernel: 1)
    unquantise = Convolution2D("post_quant_conv", inputs: latent, outputs: latent, kernel: 1)
    decoderNetwork = Decoder("decoder", configuration)
  }

  public var parameters: [Parameter] { encoderParameters + decoderParameters }
  /// What `encode` uses.
  public var encoderParameters: [Parameter] { encoderNetwork.parameters + quantise.parameters }
  /// What `decode` uses.
  public var decoderParameters: [Parameter] { unquantise.parameters + decoderNetwork.parameters }

  /// Moments before `quant_conv`, (N, 2·C, h, w), of images (N, 3, H, W) in [−1, 1].
  public func encoder(_ images: Tensor) throws -> Tensor {
    try encoderNetwork(images.channelsLast()).channelsFirst()
  }

  /// The posterior of images (N, 3, H, W) in [−1, 1], H and W multiples of
  /// `configuration.downsampling`. Not scaled by `scalingFactor`.
  public func encode(_ images: Tensor) throws -> Posterior {
    let moments = try quantise(encoderNetwork(images.channelsLast())).channelsFirst()
    let parts = try moments.split(2, axis: 1)  // 2 × (N, C, h, w)
    return Posterior(mean: parts[0], logVariance: try parts[1].clamped(to: -30...20))
  }

  /// Images (N, 3, H, W), about [−1, 1] and not clamped, of latents (N, C, h, w)
  /// that are divided by `scalingFactor` already.
  public func decode(_ latents: Tensor) throws -> Tensor {
    try decoderNetwork(unquantise(latents.channelsLast())).channelsFirst()
  }
}

extension Tensor {
  fileprivate func channelsLast() throws -> Tensor { try transposed([0, 2, 3, 1]) }
  fileprivate func channelsFirst() throws -> Tensor { try transposed([0, 3, 1, 2]) }
}
