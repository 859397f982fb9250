import CPUExecutor
import Machine
import Models
import Sampling
import TensorGraph

/// Times batches of one sampling configuration, one when it is asked for, so that several
/// configurations can take turns.
public final class SamplerTiming {
  private let sampler: Sampler
  private let decoder: LatentDecoder
  private let draws: SampleDraws
  private let latentShape: Shape
  private let clock: CompileClock
  private let plan: SamplingPlan
  /// Rows of each sample in a batch.
  private let branches: Double
  private let predictorWork: Double
  private let refinerWork: Double
  private var next = 0
  /// Weights with their packed forms, programs and modulations, in bytes, as predicted.
  public let predictedMemory: Int

  /// Seconds of one batch.
  public struct Batch: Sendable, Equatable {
    /// Without decoding.
    public let sampling: Double
    public let decoding: Double
    /// Part of the sampling in which programs were compiled.
    public let compiling: Double
  }

  /// - Parameters:
  ///   - batch: the largest that will be timed, for the memory.
  ///   - shelf: networks that other timings have read.
  public init(
    _ configuration: SampleConfiguration, batch: Int, shelf: NetworkShelf,
    observe: @escaping PipelineObserver
  ) throws {
    let options = configuration.sampling
    let models = try SamplingModels(
      predictor: shelf.predictor(configuration.predictor, observe),
      vae: shelf.autoencoder(configuration.vae, observe), observe: observe)
    let refiner =
      options.plan.usesRefiner
      ? try configuration.refiner.map {
        try models.check(shelf.refiner($0, observe))
      } : nil
    try options.labels.validate(classes: models.classes)
    let precision = try configuration.precision.resolved()
    let executor = CPUExecutor(precision: precision, compilation: options.compilation)
    clock = CompileClock()
    let sample = Sample(configuration, observe: observe)
    sampler = try sample.sampler(models, refiner, TimedExecutor(base: executor, clock: clock))
    decoder = try models.decoder(CPUExecutor(precision: precision))
    draws = SampleDraws(
      seed: configuration.seed, labels: options.labels, classes: models.classes)
    latentShape = models.latentShape
    plan = options.plan
    branches = options.guidance == 1 ? 1 : 2
    predictorWork = models.predictor.model.configuration.multiplyAdds
    refinerWork = refiner?.model.configuration.multiplyAdds ?? 0
    let work = try sampler.work(latentShape: latentShape, labels: draws.labels(0..<batch))
    predictedMemory = try sample.memory(models, refiner, work, precision, encodes: false).total
  }

  /// The memory that it takes at most to read the networks, to compile, and to draw one batch:
  /// all of one configuration alone, which is released afterwards. Nothing is decoded. Nil where
  /// the system does not tell.
  public static func measuredMemory(_ configuration: SampleConfiguration, batch: Int) throws -> Int?
  {
    try PeakMemory.rise {
      let timing = try SamplerTiming(
        configuration, batch: batch, shelf: NetworkShelf(), observe: { _ in })
      _ = try timing.draw(0..<batch)
    }.bytes
  }

  private func draw(_ indices: Range<Int>) throws -> HostTensor {
    try sampler.sample(
      noise: draws.noise(indices, shape: latentShape), labels: draws.labels(indices),
      diffusion: draws.diffusion(indices))
  }

  /// Draws and decodes the next samples, other ones every time.
  public func run(batch: Int) throws -> Batch {
    let indices = next..<next + batch
    next += batch
    let before = clock.seconds
    let start = ContinuousClock.now
    let latents = try draw(indices)
    let drawn = ContinuousClock.now
    try NonFiniteSample.check(latents, from: indices.lowerBound)
    let checked = ContinuousClock.now
    _ = try decoder(latents, rows: 0..<batch)
    return Batch(
      sampling: (drawn - start).seconds, decoding: (ContinuousClock.now - checked).seconds,
      compiling: clock.seconds - before)
  }

  /// Evaluations of the predictor and of the refiner per sample, the mean of what was run.
  public var evaluations: (predictor: Double, refiner: Double) {
    let samples = Double(max(sampler.samples, 1))
    return (
      Double(sampler.sampleEvaluations.predictor) / samples,
      Double(sampler.sampleEvaluations.refiner) / samples
    )
  }

  /// Multiply–adds per sample in the plan's graphs, guidance, times and classes included; of
  /// solvers that choose their steps, the evaluations that were run times one's.
  public func multiplyAdds(batch: Int) throws -> Double {
    guard plan.isAdaptive else {
      let work = try sampler.work(latentShape: latentShape, labels: draws.labels(0..<batch))
      return (work.blocks + work.nullModulations + work.classModulations) / Double(batch)
    }
    return branches * (evaluations.predictor * predictorWork + evaluations.refiner * refinerWork)
  }
}

/// Seconds spent in compiling.
private final class CompileClock {
  var seconds = 0.0
}

/// An executor that notes how long it compiles.
private struct TimedExecutor: Executor {
  let base: CPUExecutor
  let clock: CompileClock

  func compile(_ graph: Graph, variables: [String: HostTensor], frozen: Bool) throws
    -> any Program
  {
    let start = ContinuousClock.now
    defer { clock.seconds += (ContinuousClock.now - start).seconds }
    return try base.compile(graph, variables: variables, frozen: frozen)
  }
}
