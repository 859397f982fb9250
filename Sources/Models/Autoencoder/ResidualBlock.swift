// N images, H × W pixels, I and O channels in and out.
import TensorGraph

/// Two normalised convolutions beside an identity, or beside a 1 × 1
/// convolution where the number of channels changes.
struct ResidualBlock: Layer {
  private let norm1: GroupNorm
  private let convolution1: Convolution2D
  private let norm2: GroupNorm
  private let convolution2: Convolution2D
  private let shortcut: Convolution2D?

  init(_ path: String, inputs: Int, outputs: Int, groups: Int) {
    let norm = GroupNormSettings(groups: groups, epsilon: autoencoderEpsilon, silu: true)
    norm1 = GroupNorm("\(path).norm1", channels: inputs, norm)
    convolution1 = Convolution2D("\(path).conv1", inputs: inputs, outputs: outputs, kernel: 3)
    norm2 = GroupNorm("\(path).norm2", channels: outputs, norm)
    convolution2 = Convolution2D("\(path).conv2", inputs: outputs, outputs: outputs, kernel: 3)
    shortcut =
      inputs == outputs
      ? nil : Convolution2D("\(path).conv_shortcut", inputs: inputs, outputs: outputs, kernel: 1)
  }

  var parameters: [Parameter] {
    norm1.parameters + convolution1.parameters + norm2.parameters + convolution2.parameters
      + (shortcut?.parameters ?? [])
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let hidden = try convolution1(norm1(x))  // (N, H, W, O)
    let branch = try convolution2(norm2(hidden))  // (N, H, W, O)
    return try (shortcut.map { try $0(x) } ?? x) + branch  // (N, H, W, O)
  }
}

/// Of every group normalisation in diffusers' AutoencoderKL.
let autoencoderEpsilon: Float = 1e-6
