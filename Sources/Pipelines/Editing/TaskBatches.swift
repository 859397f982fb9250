// n samples of a batch; C × h × w latents.
import Diagnostics
import Imaging
import Sampling
import TensorGraph

/// What every task on images feeds a sampler with: sample i is made of image i. A batch that
/// reaches beyond the last image is filled up with it.
struct TaskBatches {
  let images: TaskImages
  /// Of the images, one after the last class for none.
  let classes: [Int32]
  let encoder: LatentEncoder
  /// (C, h, w)
  let shape: Shape
  let draws: SampleDraws
  /// Rows of it take the place of drawn noise.
  let noiseFile: NoiseFile?

  /// - Parameter noise: the path of a file of noise.
  /// - Throws: `InputError` for images, classes and noise that do not fit the models.
  init(
    _ images: TaskImages, _ task: TaskOptions, _ sampling: TaskSamplingOptions,
    noise: String? = nil, _ models: SamplingModels, _ executor: any Executor
  ) throws {
    self.images = images
    classes = try ClassNames(sampling.classes, count: models.classes)
      .labels(sampling.labels, of: images)
    encoder = try models.encoder(executor)
    shape = models.latentShape
    draws = SampleDraws(
      seed: task.seed, labels: .classes(classes.map(Int.init)), classes: models.classes)
    noiseFile = try noise.map { [shape] in
      try NoiseFile($0, shape: shape, rows: images.count)
    }
  }

  /// The image of a sample.
  private func image(_ index: Int) -> Int { min(index, images.count - 1) }

  var labels: @Sendable (Range<Int>) -> [Int32] {
    { [classes] range in range.map { classes[min($0, classes.count - 1)] } }
  }

  /// A list of classes as `sample` writes them, or one with `none` in it.
  var labelText: String {
    let none = Int32(clamping: draws.classes)
    guard classes.contains(none) else {
      return LabelPolicy.classes(classes.map(Int.init)).description
    }
    return Set(classes).count == 1
      ? "none" : classes.map { $0 == none ? "none" : "\($0)" }.joined(separator: ",")
  }

  /// - Parameter masks: one for each image.
  func inputs(masks: [Mask.Source] = []) -> [SampleManifest.Input] {
    images.entries.indices.map { index in
      let mask = masks.isEmpty ? nil : masks[index]
      return SampleManifest.Input(
        path: images.entries[index].path, sha256: images.hashes[index], mask: mask?.path,
        maskSHA256: mask?.sha256, label: Int(classes[index]))
    }
  }

  var identity: [String: String] {
    noiseFile.map { ["noise (SHA-256)": $0.sha256] } ?? [:]
  }

  func crop(_ index: Int) throws -> RGBImage {
    try images.crop(image(index), side: encoder.side)
  }

  /// The images' latents x₁ (n, C, h, w).
  func data(_ batch: SampleBatches.Batch) throws -> HostTensor {
    var last: (image: Int, latent: [Float])?
    return try rows(batch) { index in
      let image = image(index)
      if let last, last.image == image { return last.latent }
      let latent = try encoder(crop(image))
      guard latent.allSatisfy(\.isFinite) else {
        throw NonFiniteLatent(image: image, path: images.entries[image].path)
      }
      last = (image, latent)
      return latent
    }
  }

  /// Noise x₀ (n, C, h, w): that of the sample of the same index, as `sample` draws it.
  func noise(_ batch: SampleBatches.Batch) throws -> HostTensor {
    guard let noiseFile else { return draws.noise(batch.drawn, shape: shape) }
    return try rows(batch) { noiseFile.row(image($0)) }
  }

  private func rows(_ batch: SampleBatches.Batch, _ row: (Int) throws -> [Float]) throws
    -> HostTensor
  {
    let values = try batch.drawn.flatMap(row)
    return HostTensor(values, shape: Shape([batch.drawn.count] + shape.dimensions))
  }

  /// Latents x = t·x₁ + (1 − t)·x₀ on the path; exactly x₁ at 1 and x₀ at 0.
  static func path(_ data: HostTensor, _ noise: HostTensor, at time: Float) -> HostTensor {
    if time == 1 { return data }
    if time == 0 { return noise }
    let result = data.copy()
    for i in result.floats.indices {
      result.floats[i] = time * data.floats[i] + (1 - time) * noise.floats[i]
    }
    return result
  }
}
