// n images of 3 channels and side S, latents of C channels and side s.
import Models
import TensorGraph

/// Mean square error of the reconstruction from a sample of the posterior, plus
/// `klWeight` times the divergence of the posterior from a standard normal.
///
/// Source: Kingma and Welling 2014, equation 10; Rombach et al. 2022, appendix G.
public struct AutoencoderLoss: TrainingLoss {
  public let inputs: [BatchInput]
  private let model: AutoencoderKL
  private let klWeight: Float

  /// - Parameters:
  ///   - side: of the square images, in pixels.
  ///   - klWeight: of the divergence summed over a latent's elements, against the
  ///     squared error averaged over an image's.
  public init(_ model: AutoencoderKL, side: Int, klWeight: Double) {
    self.init(model, height: side, width: side, klWeight: klWeight)
  }

  /// The same for images of any sides, in pixels.
  public init(_ model: AutoencoderKL, height: Int, width: Int, klWeight: Double) {
    let configuration = model.configuration
    let (factor, channels) = (configuration.downsampling, configuration.latentChannels)
    inputs = [
      BatchInput("images", [configuration.inChannels, height, width]),
      BatchInput("noise", [channels, height / factor, width / factor]),
    ]
    self.model = model
    self.klWeight = Float(klWeight)
  }

  /// The parameters of `model` with the encoder frozen, for the fine-tuning of the
  /// decoder alone that makes the "MSE VAE".
  public static func decoderOnly(_ model: AutoencoderKL) -> [Parameter] {
    model.encoderParameters.map {
      Parameter($0.path, $0.shape, $0.initialisation, isTrainable: false)
    } + model.decoderParameters
  }

  /// Parts: `mse`, and `kl` before its weight.
  public func callAsFunction(_ batch: [String: Tensor], weights: WeightSet) throws -> SampleLosses {
    let images = try batch.tensor("images")
    let noise = try batch.tensor("noise")
    return try weights.scope(images.graph) {
      let posterior = try model.encode(images)  // 2 × (n, C, s, s)
      let decoded = try model.decode(posterior.sample(noise))  // (n, 3, S, S)
      let error = try (decoded - images).meanSquarePerSample()
      let mean = posterior.mean
      let logVariance = posterior.logVariance
      let excess = try mean * mean + logVariance.exponential() - 1 - logVariance
      let divergence = try excess.sum([1, 2, 3]) * 0.5
      return SampleLosses(
        total: klWeight == 0 ? error : try error + divergence * klWeight,
        parts: [("mse", error), ("kl", divergence)])
    }
  }
}
