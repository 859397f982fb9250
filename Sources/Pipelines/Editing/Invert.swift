// n samples of a batch; C × h × w latents.
import Checkpoints
import Diagnostics
import Imaging
import Sampling
import TensorGraph

extension EditingTask {
  /// `flowturbo invert`: images to the noise that a plan makes them of.
  ///
  /// The plan is passed from data (t = 1) to noise (t = 0) on its own times in reverse, and forward
  /// again from there; what comes back is compared with what was given.
  /// - Parameter shouldStop: asked between the steps of a plan.
  public static func invert(
    _ configuration: InvertConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) throws -> EditingTask {
    let images = try TaskImages(configuration.input.images)
    var write = SampleOutputs()
    write.latents = true
    let sample = Sample(
      configuration.task.sample(configuration.sampling, write, count: images.count),
      observe: observe, shouldStop: shouldStop)
    let files = SampleFileNames(
      latents: "noise.safetensors", others: [InversionReport.fileName],
      keys: ["input", "sampling.classes"])
    let task = SampleTask(name: "invert", configuration: configuration, files: files) {
      models, executor in
      InvertedImages(
        batches: try TaskBatches(
          images, configuration.task, configuration.sampling, models, executor),
        observe: observe)
    }
    let plan = configuration.sampling.plan
    let warning =
      "plan '\(plan)': refiners are trained for steps from noise to data; on the way back R "
      + "blocks are rough"
    return EditingTask(sample: sample, task: task, warnings: plan.usesRefiner ? [warning] : [])
  }
}

private struct InvertedImages: SampleSource {
  let batches: TaskBatches
  let observe: PipelineObserver

  var labelText: String { batches.labelText }
  var inputs: [SampleManifest.Input]? { batches.inputs() }
  var labels: @Sendable (Range<Int>) -> [Int32] { batches.labels }
  var picture: @Sendable (_ image: (Int) throws -> RGBImage) throws -> RGBImage {
    { [images = batches.images, side = batches.encoder.side] image in
      try TaskPicture(count: images.count, side: side) { [try images.crop($0, side: side)] }
        .join(image)
    }
  }

  /// There and back.
  func evaluations(_ sampler: Sampler, _ variant: RefinerVariant) throws -> EvaluationCount? {
    sampler.plan.evaluations(refinerVariant: variant).map {
      EvaluationCount(predictor: 2 * $0.predictor, refiner: 2 * $0.refiner)
    }
  }

  func latents(_ batch: SampleBatches.Batch, by sampler: Sampler) throws -> SampleLatents {
    let data = try batches.data(batch)
    let labels = batches.labels(batch.drawn)
    let noise = try sampler.sample(noise: data, labels: labels, over: .backward)
    return SampleLatents(
      samples: try sampler.sample(noise: noise, labels: labels),
      others: [SampleTensors.noise: noise, SampleTensors.encoded: data])
  }

  func finish(_ products: SampleProducts, by decoder: LatentDecoder) throws {
    let file = try SafetensorsFile(path: products.folder.latents)
    let (noise, latents, encoded) = (
      try file.floats(SampleTensors.noise), try file.floats(SampleTensors.latents),
      try file.floats(SampleTensors.encoded)
    )
    let length = batches.shape.elementCount
    let images = try batches.inputs().enumerated().map { index, input in
      let place = index * length..<(index + 1) * length
      let known = HostTensor(
        Array(encoded[place]), shape: Shape([1] + batches.shape.dimensions))
      let image = try ImageDecoder.decode(path: products.folder.image(index))
      return InversionReport.Image(
        index: index, path: input.path, label: input.label,
        latentRMSE: InversionReport.rootMeanSquare(latents[place], encoded[place]),
        psnr: InversionReport.psnr(image, try batches.crop(index)),
        psnrToAutoencoder: InversionReport.psnr(image, try decoder(known, rows: 0..<1)[0]),
        noise: .init(noise[place]))
    }
    let report = InversionReport(images: images, noise: .init(noise[...]))
    try report.write(to: products.folder.path)
    observe(.table(title: "Inverted and sampled again:", rows: report.table))
  }
}
