// n samples of a batch; C × h × w latents.
import Diagnostics
import Imaging
import Models
import Sampling
import TensorGraph

extension EditingTask {
  /// `flowturbo inpaint`: the white part of a mask painted anew, the rest kept.
  ///
  /// Between the steps the known part of the latents is put back on its path, see
  /// `KnownRegion`; the decoded picture is joined to the image's own pixels, which are
  /// kept where the mask is black.
  ///
  /// Source: Lugmayr et al., "RePaint: inpainting using denoising diffusion probabilistic models",
  /// 2022 (arXiv:2201.09865).
  /// - Parameter shouldStop: asked between the steps of a plan.
  public static func inpaint(
    _ configuration: InpaintConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) throws -> EditingTask {
    let images = try TaskImages(configuration.input.images)
    let masks = try Mask.sources(TaskImages(configuration.change.masks), for: images)
    let sample = Sample(
      configuration.task.sample(
        configuration.sampling, configuration.write, count: images.count),
      observe: observe, shouldStop: shouldStop)
    let task = SampleTask(
      name: "inpaint", configuration: configuration,
      files: .init(keys: ["input", "inpaint.masks", "inpaint.noise", "sampling.classes"])
    ) { models, executor in
      let batches = try TaskBatches(
        images, configuration.task, configuration.sampling, noise: configuration.change.noise,
        models, executor)
      return InpaintedImages(
        batches: batches, masks: masks, rounds: configuration.change.rounds,
        feather: configuration.change.feather
          ?? Double(models.vae.model.configuration.downsampling),
        span: try configuration.change.span())
    }
    return EditingTask(sample: sample, task: task)
  }
}

private struct InpaintedImages: SampleSource {
  let batches: TaskBatches
  /// One for each image.
  let masks: [Mask.Source]
  let rounds: Int
  let feather: Double
  let span: TimeSpan

  var labelText: String { batches.labelText }
  var inputs: [SampleManifest.Input]? { batches.inputs(masks: masks) }
  var identity: [String: String] { batches.identity }
  var labels: @Sendable (Range<Int>) -> [Int32] { batches.labels }
  /// The image, the same with the part to be painted in gray, and the result.
  var picture: @Sendable (_ image: (Int) throws -> RGBImage) throws -> RGBImage {
    { [images = batches.images, masks, side = batches.encoder.side] image in
      try TaskPicture(count: images.count, side: side) { index in
        let crop = try images.crop(index, side: side)
        let mask = try Mask(masks[index].path, of: images.entries[index].path, side: side)
        return [crop, mask.covering(crop)]
      }.join(image)
    }
  }

  func evaluations(_ sampler: Sampler, _ variant: RefinerVariant) throws -> EvaluationCount? {
    try sampler.evaluations(latentShape: batches.shape, over: span, rounds: rounds)
  }

  private func mask(_ index: Int) throws -> Mask {
    let image = min(index, batches.images.count - 1)
    return try Mask(
      masks[image].path, of: batches.images.entries[image].path, side: batches.encoder.side)
  }

  func latents(_ batch: SampleBatches.Batch, by sampler: Sampler) throws -> SampleLatents {
    let (data, noise) = (try batches.data(batch), try batches.noise(batch))
    let masks = HostTensor(
      try batch.drawn.flatMap { try mask($0).latents(batches.shape) }, shape: data.shape)
    let known = try KnownRegion(data: data, noise: noise, mask: masks, rounds: rounds)
    return SampleLatents(
      samples: try sampler.sample(
        noise: TaskBatches.path(data, noise, at: span.start),
        labels: batches.labels(batch.drawn), diffusion: batches.draws.diffusion(batch.drawn),
        over: span, known: known))
  }

  func images(_ latents: SampleLatents, _ batch: SampleBatches.Batch, by decoder: LatentDecoder)
    throws -> [RGBImage]
  {
    let painted = try decoder(latents.samples, rows: batch.keptRows)
    return try zip(batch.kept, painted).map { index, image in
      Seam(try mask(index), feather: feather).join(image, to: try batches.crop(index))
    }
  }
}

extension Mask {
  /// An image with the painted part in gray.
  func covering(_ image: RGBImage) -> RGBImage {
    let pixels = image.pixels.enumerated().map { place, sample in
      let share = values[place / 3]
      return UInt8((share * 128 + (1 - share) * Float(sample)).rounded())
    }
    return RGBImage(width: image.width, height: image.height, pixels: pixels)
  }
}
