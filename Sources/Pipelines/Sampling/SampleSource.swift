import Imaging
import Sampling
import TensorGraph

/// What `sample` and the tasks on images differ in: where a run's batches begin, how they pass
/// the path, and what becomes of their latents.
protocol SampleSource {
  /// How the classes are written in the manifest.
  var labelText: String { get }
  /// The images that the samples are made of, by sample index; nil where they are made of noise
  /// alone.
  var inputs: [SampleManifest.Input]? { get }
  /// What else determines the samples' bytes and is in no key: hashes of files.
  var identity: [String: String] { get }
  /// The classes of samples, by index; one after the last for none.
  var labels: @Sendable (Range<Int>) -> [Int32] { get }
  /// One picture of all samples.
  var picture: @Sendable (_ image: (Int) throws -> RGBImage) throws -> RGBImage { get }

  /// Evaluations of the networks per sample; nil where a solver chooses its steps.
  func evaluations(_ sampler: Sampler, _ variant: RefinerVariant) throws -> EvaluationCount?
  /// Runs the whole batch that is drawn.
  func latents(_ batch: SampleBatches.Batch, by sampler: Sampler) throws -> SampleLatents
  /// The images that are kept of the batch.
  func images(_ latents: SampleLatents, _ batch: SampleBatches.Batch, by decoder: LatentDecoder)
    throws -> [RGBImage]
  /// Called when all files are there, before the run counts as complete.
  func finish(_ products: SampleProducts, by decoder: LatentDecoder) throws
}

extension SampleSource {
  var inputs: [SampleManifest.Input]? { nil }
  var identity: [String: String] { [:] }

  func evaluations(_ sampler: Sampler, _ variant: RefinerVariant) throws -> EvaluationCount? {
    sampler.plan.evaluations(refinerVariant: variant)
  }

  func images(_ latents: SampleLatents, _ batch: SampleBatches.Batch, by decoder: LatentDecoder)
    throws -> [RGBImage]
  {
    try decoder(latents.samples, rows: batch.keptRows, from: batch.drawn.lowerBound)
  }

  func finish(_ products: SampleProducts, by decoder: LatentDecoder) throws {}
}

/// The latents of a batch.
struct SampleLatents {
  /// (n, C, h, w), those that images are decoded from.
  let samples: HostTensor
  /// Others (n, C, h, w) that are stored with them, by name.
  var others: [String: HostTensor] = [:]

  /// All, by their names in files.
  var stored: [String: HostTensor] { others.merging([SampleTensors.latents: samples]) { $1 } }
}

/// Samples from noise: what `sample` draws.
struct DrawnSamples: SampleSource {
  let draws: SampleDraws
  /// (C, h, w)
  let shape: Shape
  let indices: Range<Int>
  /// Sides of the images in pixels.
  let width: Int
  let height: Int

  var labelText: String { draws.policy.description }
  var labels: @Sendable (Range<Int>) -> [Int32] { { [draws] in draws.labels($0) } }

  var picture: @Sendable (_ image: (Int) throws -> RGBImage) throws -> RGBImage {
    { [self] image in
      try GridLayout(indices: indices, width: width, height: height, label: draws.labels)
        .join(image)
    }
  }

  func latents(_ batch: SampleBatches.Batch, by sampler: Sampler) throws -> SampleLatents {
    SampleLatents(
      samples: try sampler.sample(
        noise: draws.noise(batch.drawn, shape: shape), labels: draws.labels(batch.drawn),
        diffusion: draws.diffusion(batch.drawn)))
  }
}
