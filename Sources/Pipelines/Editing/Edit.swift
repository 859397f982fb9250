// n samples of a batch; C × h × w latents.
import Diagnostics
import Imaging
import Sampling
import TensorGraph

extension EditingTask {
  /// `flowturbo edit`: images noised a part of the way and sampled again, as another class.
  ///
  /// An image's latent x₁, the posterior's mean, goes to x = t·x₁ + (1 − t)·x₀ at t = 1 − strength,
  /// and from there the plan leads to new data. Strength 0 gives what the autoencoder makes of the
  /// image, 1 what `sample` makes of the noise.
  ///
  /// Source: Meng et al., "SDEdit: guided image synthesis and editing with stochastic differential
  /// equations", 2022 (arXiv:2108.01073), on the path of flow matching.
  /// - Parameter shouldStop: asked between the steps of a plan.
  public static func edit(
    _ configuration: EditConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) throws -> EditingTask {
    let images = try TaskImages(configuration.input.images)
    let sample = Sample(
      configuration.task.sample(
        configuration.sampling, configuration.write, count: images.count),
      observe: observe, shouldStop: shouldStop)
    let task = SampleTask(
      name: "edit", configuration: configuration,
      files: .init(keys: ["input", "edit.noise", "sampling.classes"])
    ) { models, executor in
      EditedImages(
        batches: try TaskBatches(
          images, configuration.task, configuration.sampling, noise: configuration.change.noise,
          models, executor),
        span: try configuration.change.span())
    }
    return EditingTask(sample: sample, task: task)
  }
}

private struct EditedImages: SampleSource {
  let batches: TaskBatches
  let span: TimeSpan

  var labelText: String { batches.labelText }
  var inputs: [SampleManifest.Input]? { batches.inputs() }
  var identity: [String: String] { batches.identity }
  var labels: @Sendable (Range<Int>) -> [Int32] { batches.labels }
  var picture: @Sendable (_ image: (Int) throws -> RGBImage) throws -> RGBImage {
    { [images = batches.images, side = batches.encoder.side] image in
      try TaskPicture(count: images.count, side: side) { [try images.crop($0, side: side)] }
        .join(image)
    }
  }

  func evaluations(_ sampler: Sampler, _ variant: RefinerVariant) throws -> EvaluationCount? {
    span.isEmpty
      ? EvaluationCount(predictor: 0, refiner: 0)
      : sampler.plan.evaluations(refinerVariant: variant)
  }

  func latents(_ batch: SampleBatches.Batch, by sampler: Sampler) throws -> SampleLatents {
    let start = TaskBatches.path(
      try batches.data(batch), try batches.noise(batch), at: span.start)
    return SampleLatents(
      samples: try sampler.sample(
        noise: start, labels: batches.labels(batch.drawn),
        diffusion: batches.draws.diffusion(batch.drawn), over: span))
  }
}
