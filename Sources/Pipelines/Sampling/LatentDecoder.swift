import Diagnostics
import Imaging
import Models
import TensorGraph

/// Turns latents into 8-bit images, one at a time: memory stays small and an image
/// depends on its latent alone.
struct LatentDecoder {
  /// Sides of the images in pixels.
  let width: Int
  let height: Int
  private let program: any Program
  private let shape: Shape
  private let scale: Float

  /// - Parameter latentShape: (C, h, w).
  /// - Throws: `InputError` where the autoencoder makes no RGB images.
  init(
    _ model: AutoencoderKL, weights: [String: HostTensor], latentShape: Shape,
    executor: any Executor
  ) throws {
    let configuration = model.configuration
    guard configuration.outChannels == 3 else {
      throw InputError(
        "autoencoder", expected: "images of 3 channels", found: "\(configuration.outChannels)")
    }
    shape = Shape([1] + latentShape.dimensions)
    scale = Float(configuration.scalingFactor)
    let graph = Graph()
    let image = try model.decode(graph.input("latents", shape))  // (1, 3, H, W)
    graph.output("image", image)
    (height, width) = (image.shape[2], image.shape[3])
    program = try executor.compile(graph, variables: weights, frozen: true)
  }

  /// Images of the `rows` of latents (n, C, h, w) as the sampler leaves them.
  /// - Parameter first: the sample of row 0, for messages.
  /// - Throws: ``NonFinitePicture`` rather than black pixels for numbers that are none.
  func callAsFunction(
    _ latents: HostTensor, rows: Range<Int>, from first: Int = 0
  ) throws -> [RGBImage] {
    let length = shape.elementCount
    return try rows.map { row in
      let values = latents.floats[row * length..<(row + 1) * length].map { $0 / scale }
      guard let image = try program.run(["latents": HostTensor(values, shape: shape)])["image"]
      else { throw ProgramError("decoder: its program returned no image") }
      guard image.floats.allSatisfy(\.isFinite) else {
        throw NonFinitePicture(sample: first + row)
      }
      return RGBImage(signedUnit: image.array(), width: width, height: height)
    }
  }
}

/// Decoding went out of the numbers' range.
struct NonFinitePicture: ExitCodeProviding, CustomStringConvertible {
  let sample: Int
  var exitCode: ExitCode { .checkFailed }
  var description: String {
    "sample \(sample): its decoded picture holds NaN or infinities; check the autoencoder's "
      + "weights and scaling factor"
  }
}
