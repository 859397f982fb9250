// n samples; d dimensions of a latent, K probes.
import Diagnostics
import TensorGraph

/// The likelihood of latents under a velocity predictor, by the continuous change of variables.
///
/// The flow dx/dt = v(x, t) moves densities by d log pₜ(xₜ)/dt = −∇·v along its paths. From a
/// latent x₁ it is run back to its noise x₀, with the divergence summed up on the way:
///
///     log p₁(x₁) = log N(x₀; 0, 1) − ∫₀¹ ∇·v(xₜ, t) dt
///
/// Each step of the solver is one compiled program, velocities and backward passes together, and
/// what depends on time and class alone is computed before them. Results depend on the latent, its
/// label and its probes alone; what else is in the batch changes them by rounding only, embedded pairs
/// included, whose steps are each sample's own.
///
/// With guidance the density is that of the guided flow: it is well defined, but no product of
/// the model's densities, and it is not what the model was trained for.
///
/// Source: Chen et al., "Neural ordinary differential equations", 2018; Grathwohl et al.,
/// "FFJORD", 2019; Song et al., "Score-based generative modeling through stochastic differential
/// equations", 2021, appendix D.2.
public final class LikelihoodEstimator {
  public let options: LikelihoodOptions
  /// Of one latent.
  public let latentShape: Shape
  private let field: DivergenceField
  private let sampler: Sampler
  private let branches: Int

  /// - Parameters:
  ///   - field: its refiner takes no part.
  ///   - weights: by the predictor's parameter paths.
  /// - Throws: `InvalidField` for options that do not fit each other, `InputError` where the
  ///   exact trace has too many dimensions.
  public init(
    executor: any Executor, field: VelocityField, weights: [String: HostTensor],
    latentShape: Shape, options: LikelihoodOptions
  ) throws {
    try options.validate()
    let dimensions = latentShape.elementCount
    if options.trace == .exact, dimensions > TraceEstimator.maximumExactDimensions {
      throw InputError(
        "exact trace",
        expected: "at most \(TraceEstimator.maximumExactDimensions) dimensions",
        found: "\(dimensions) of latents \(latentShape)", remedy: "use random probes")
    }
    self.options = options
    self.latentShape = latentShape
    branches = field.guidance.branches
    self.field = DivergenceField(
      field: field, latentShape: latentShape,
      vectors: options.trace.vectors(dimensions: dimensions))
    sampler = try Sampler(
      executor: executor, field: self.field.reversed, predictorWeights: weights,
      plan: options.plan, settings: options.reversedSolver)
  }

  /// Called before each step; what it throws ends the run.
  public var willRunStep: (() throws -> Void)? {
    get { sampler.willRunBlock }
    set { sampler.willRunBlock = newValue }
  }

  /// Evaluations of velocity and divergence so far, each counted once for every latent.
  public var evaluations: Int { sampler.sampleEvaluations.predictor }
  /// Latents so far.
  public var samples: Int { sampler.samples }

  /// The likelihood of every latent of a batch.
  ///
  /// - Parameters:
  ///   - latents: (n, …) in the scale that the predictor was trained in.
  ///   - labels: a class for each, or the null class for the density without one.
  ///   - probes: the draws of the samples `indices`, one for each latent.
  public func callAsFunction(
    _ latents: HostTensor, labels: [Int32], probes: ProbeDraws, indices: [Int]
  ) throws -> [LatentLikelihood] {
    let (n, d) = (indices.count, latentShape.elementCount)
    guard n > 0, latents.type.element == .float32, labels.count == n,
      latents.shape == Shape([n] + latentShape.dimensions)
    else {
      throw InputError(
        "likelihood", expected: "latents \(latentShape) and a label for each of \(n) samples",
        found: "\(latents.type) and \(labels.count) labels")
    }
    let width = field.stateShape.elementCount
    let state = HostTensor(shape: [n, width])
    for row in 0..<n {
      _ = state.floats[(row * width)...].update(
        fromContentsOf: latents.floats[row * d..<(row + 1) * d])
    }
    // A row for each branch, as the state has.
    let rows = Array(repeating: indices, count: branches).flatMap { $0 }
    sampler.fieldInputs = [
      DivergenceField.probes: probes.vectors(options.trace, rows, shape: latentShape)
    ]
    let end = try sampler.sample(noise: state, labels: labels).array()
    return (0..<n).map { row in
      let start = row * width
      return LatentLikelihood(
        noise: end[start..<start + d], traces: end[start + d..<start + width], options.trace)
    }
  }

  /// What a batch takes; found without compiling anything. Of embedded pairs, what one step takes.
  public func work(labels: [Int32]) throws -> SamplingWork {
    try sampler.work(latentShape: field.stateShape, labels: labels)
  }
}
