/// Training of the autoencoder: mean square error plus the Kullback–Leibler divergence
/// of the posterior from a standard normal.
public struct AutoencoderTrainingOptions: Sendable, Equatable {
  public var common = TrainingOptions()
  /// Weight of the divergence, summed over a latent's elements, against the mean square
  /// error, averaged over an image's.
  public var klWeight = 1e-6
  /// Trains the decoder alone by mean square error: the fine-tuning that makes the
  /// "MSE VAE".
  public var decoderOnly = false

  public init() {}
}
