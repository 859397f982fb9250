import Foundation

/// The log-density of one latent under a flow, in its parts.
///
///     log p₁(x₁) = log N(x₀; 0, 1) − ∫₀¹ ∇·v dt
///
/// Natural logarithms; densities of d-dimensional latents, so that either part and the whole may
/// have any sign.
public struct LatentLikelihood: Sendable, Equatable {
  /// d.
  public let dimensions: Int
  /// log N(x₀; 0, 1), of the noise that flows to the latent.
  public let logPrior: Double
  /// ∫₀¹ ∇·v dt, the mean over the probes.
  public let divergence: Double
  /// Standard error of `divergence` over the probes; nil of a single probe, 0 where the trace
  /// is exact.
  public let divergenceError: Double?

  public var logDensity: Double { logPrior - divergence }

  /// −log₂ p₁ per dimension: the sum of the two parts below.
  public var bitsPerDimension: Double { priorBits + divergenceBits }
  /// −log₂ N(x₀; 0, 1) per dimension; ½·log₂ 2πe = 2.047 for standard normal noise on average.
  public var priorBits: Double { -logPrior / bit }
  /// ∫₀¹ ∇·v dt per dimension, in bits: negative where the flow contracts noise to data.
  public var divergenceBits: Double { divergence / bit }
  /// Standard error of `bitsPerDimension` over the probes.
  public var errorBits: Double? { divergenceError.map { $0 / bit } }

  /// Nats in a bit for each dimension.
  private var bit: Double { Double(dimensions) * log(2) }

  public init(
    dimensions: Int, logPrior: Double, divergence: Double, divergenceError: Double?
  ) {
    self.dimensions = dimensions
    self.logPrior = logPrior
    self.divergence = divergence
    self.divergenceError = divergenceError
  }

  /// From where the augmented flow ends.
  ///
  /// - Parameters:
  ///   - noise: x₀.
  ///   - traces: the integral by each probe, or by each unit vector.
  init(
    noise: some Collection<Float>, traces: some Collection<Float>, _ estimator: TraceEstimator
  ) {
    dimensions = noise.count
    let square = noise.reduce(0) { $0 + Double($1) * Double($1) }
    logPrior = -0.5 * (square + Double(noise.count) * log(2 * .pi))
    let sum = traces.reduce(0) { $0 + Double($1) }
    let count = Double(traces.count)
    switch estimator {
    case .exact:
      divergence = sum
      divergenceError = 0
    case .hutchinson:
      let mean = sum / count
      let squares = traces.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      divergence = mean
      divergenceError = count > 1 ? (squares / (count - 1) / count).squareRoot() : nil
    }
  }
}
