import Diagnostics
import Imaging
import Models
import TensorGraph

/// Turns 8-bit images into latents, one at a time: a latent depends on its image alone.
struct LatentEncoder {
  /// Side of the images in pixels.
  let side: Int
  private let program: any Program
  private let scale: Float

  /// - Throws: `InputError` where the autoencoder takes no RGB images.
  init(
    _ model: AutoencoderKL, weights: [String: HostTensor], side: Int, executor: any Executor
  ) throws {
    let configuration = model.configuration
    guard configuration.inChannels == 3 else {
      throw InputError(
        "autoencoder", expected: "one that takes images of 3 channels",
        found: "\(configuration.inChannels)")
    }
    self.side = side
    scale = Float(configuration.scalingFactor)
    program = try executor.compile(
      model.encodingGraph(batch: 1, side: side), variables: weights, frozen: true)
  }

  /// The posterior's mean (C·h·w) of an image of the right size, in the predictor's scale.
  func callAsFunction(_ image: RGBImage) throws -> [Float] {
    let input = HostTensor(image.signedUnit(), shape: [1, 3, side, side])
    guard let mean = try program.run(["images": input])["mean"] else {
      throw ProgramError("encoder: its program returned no posterior")
    }
    return mean.array().map { $0 * scale }
  }
}
