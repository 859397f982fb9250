// n samples of a batch; C × h × w latents.
import Diagnostics
import Imaging
import Sampling
import TensorGraph

extension EditingTask {
  /// `flowturbo interpolate`: pictures between two, of noise between that of both and of a class
  /// between theirs.
  ///
  /// Noise is interpolated on the sphere, classes by their embeddings: every picture takes as many
  /// evaluations as any sample. The first and the last are the ends themselves.
  /// - Parameter shouldStop: asked between the steps of a plan.
  public static func interpolate(
    _ configuration: InterpolateConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) -> EditingTask {
    let options = configuration.interpolate
    let sample = Sample(
      configuration.task.sample(
        configuration.sampling, configuration.write, count: options.frames),
      observe: observe, shouldStop: shouldStop)
    let task = SampleTask(
      name: "interpolate", configuration: configuration,
      files: .init(
        picture: "strip.png",
        keys: ["interpolate.from.noise", "interpolate.to.noise", "sampling.classes"])
    ) { models, _ in
      let names = try ClassNames(configuration.sampling.classes, count: models.classes)
      func end(_ reference: NoiseReference) throws -> InterpolationEnd {
        try InterpolationEnd(
          reference, seed: configuration.task.seed, shape: models.latentShape, names: names)
      }
      return InterpolatedSamples(
        from: try end(options.from), to: try end(options.to), frames: options.frames,
        shape: models.latentShape,
        diffusion: SampleDraws(
          seed: configuration.task.seed, labels: .random, classes: models.classes))
    }
    return EditingTask(sample: sample, task: task)
  }
}

/// One end of an interpolation.
private struct InterpolationEnd {
  let noise: [Float]
  let label: Int32
  /// Of the file of noise.
  let sha256: String?

  init(_ reference: NoiseReference, seed: UInt64, shape: Shape, names: ClassNames) throws {
    label = try names.label(reference.label)
    let index = reference.index
    if let path = reference.noise {
      let file = try NoiseFile(path, shape: shape, rows: index + 1)
      (noise, sha256) = (file.row(index), file.sha256)
    } else {
      let draws = SampleDraws(
        seed: reference.seed ?? seed, labels: .random, classes: names.count)
      (noise, sha256) = (draws.noise(index..<index + 1, shape: shape).array(), nil)
    }
  }
}

private struct InterpolatedSamples: SampleSource {
  let from: InterpolationEnd
  let to: InterpolationEnd
  let frames: Int
  let shape: Shape
  /// Of stochastic plans: the same for all frames.
  let diffusion: SampleDraws

  /// How far a frame is on the way; the last fills up a batch.
  private func place(_ index: Int) -> Double {
    Double(min(index, frames - 1)) / Double(frames - 1)
  }

  var labelText: String { "from \(from.label) to \(to.label)" }
  var identity: [String: String] {
    var hashes: [String: String] = [:]
    hashes["from.noise (SHA-256)"] = from.sha256
    hashes["to.noise (SHA-256)"] = to.sha256
    return hashes
  }

  /// The class that has the greater share.
  var labels: @Sendable (Range<Int>) -> [Int32] {
    { [first = from.label, second = to.label, frames] range in
      range.map { 2 * $0 < frames ? first : second }
    }
  }

  var picture: @Sendable (_ image: (Int) throws -> RGBImage) throws -> RGBImage {
    { [frames] image in try ImageGrid.join((0..<frames).map(image), columns: frames) }
  }

  func latents(_ batch: SampleBatches.Batch, by sampler: Sampler) throws -> SampleLatents {
    let noise = batch.drawn.flatMap { Slerp.between(from.noise, to.noise, place($0)) }
    let labels = try batch.drawn.map {
      try sampler.label(between: from.label, and: to.label, weight: Float(place($0)))
    }
    return SampleLatents(
      samples: try sampler.sample(
        noise: HostTensor(noise, shape: Shape([labels.count] + shape.dimensions)),
        labels: labels, diffusion: diffusion.diffusion(repeating: 0, count: labels.count)))
  }
}
