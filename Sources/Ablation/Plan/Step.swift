import Configuration
import Pipelines
import Training

/// One piece of a sweep's work. Its result depends on what its hash is of and on nothing else,
/// so that equal steps of several cells are one.
struct Step: Sendable {
  enum Work: Sendable {
    case images(RenderedSetOptions)
    case latents(EncodingOptions)
    /// A decoder, from the weights at `initial`.
    case autoencoder(TrainVAEConfiguration, initial: String)
    case refiner(TrainRefinerConfiguration)
    case sample(SampleConfiguration)
    /// The features of the reference.
    case reference(EvaluateConfiguration)
    case evaluation(EvaluateConfiguration)
    /// How far latents are from those in the folder of a solution.
    case agreement(SampleConfiguration, solution: String)
    case timing([TimedCell], TimingOptions)
  }

  /// A cell of a study that is timed.
  struct TimedCell: Sendable {
    let name: String
    let configuration: SampleConfiguration
  }

  enum Kind: String, Sendable, CaseIterable, Codable {
    case images, latents, autoencoder, refiner, sample, reference, evaluation
    /// Latents that others are compared with, and the comparison.
    case solution, agreement
    case timing
  }

  let kind: Kind
  /// 24 hexadecimal digits of the SHA-256 of `settings`.
  let hash: String
  /// What the hash is of, by name.
  let settings: [String: String]
  /// For people.
  let title: String
  /// Hashes of the steps whose results it reads.
  let needs: [String]
  let work: Work

  /// Nothing else may run beside it.
  var isExclusive: Bool { kind == .timing }
}
