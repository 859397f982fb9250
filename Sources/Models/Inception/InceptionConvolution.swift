// N images, H × W pixels, I and O channels in and out.
import TensorGraph

/// A convolution, batch normalisation and ReLU: torchvision's `BasicConv2d`.
///
/// The parameters are the checkpoint's; the graph has one convolution with a bias, whose
/// variables ``foldBatchNorm(_:epsilon:in:)`` makes of them.
struct InceptionConvolution: Layer {
  private let path: String
  private let weight: Parameter
  private let geometry: ConvolutionGeometry

  /// - Parameters:
  ///   - kernel: rows and columns, odd.
  ///   - isPadded: whether the image is padded by half a kernel, as it mostly is.
  init(
    _ path: String, inputs: Int, outputs: Int, kernel: (rows: Int, columns: Int) = (1, 1),
    stride: Int = 1, isPadded: Bool = true
  ) {
    self.path = path
    weight = Parameter(
      "\(path).conv.weight", [outputs, inputs, kernel.rows, kernel.columns],
      .fanInUniform(inputs * kernel.rows * kernel.columns))
    geometry = ConvolutionGeometry(
      stride: stride, rows: Padding(isPadded ? kernel.rows / 2 : 0),
      columns: Padding(isPadded ? kernel.columns / 2 : 0))
  }

  var outputs: Int { weight.shape[0] }

  var parameters: [Parameter] { [weight] + norm }

  private var norm: [Parameter] {
    [
      Parameter("\(path).bn.weight", [outputs], .ones),
      Parameter("\(path).bn.bias", [outputs], .zeros),
      Parameter("\(path).bn.running_mean", [outputs], .zeros, isTrainable: false),
      Parameter("\(path).bn.running_var", [outputs], .ones, isTrainable: false),
      // A count of training steps: files from before PyTorch 0.4.1 have none.
      Parameter(
        "\(path).bn.num_batches_tracked", .scalar, .zeros, isTrainable: false, isOptional: true),
    ]
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.convolution(
      weight: x.graph.variable("\(path).weight", weight.shape),
      bias: x.graph.variable("\(path).bias", [outputs]), geometry
    ).relu()  // (N, H', W', O)
  }

  /// The variables of the graph: with `k = bn.weight/√(bn.running_var + ε)` for each output
  /// channel the weight is `k·conv.weight` and the bias `bn.bias − k·bn.running_mean`, in
  /// double precision and rounded once.
  func foldBatchNorm(epsilon: Double, in weights: InceptionWeights) throws -> [String: HostTensor] {
    let kernel = try weights[weight]
    let (gamma, beta, mean, variance) = try (
      weights[norm[0]], weights[norm[1]], weights[norm[2]], weights[norm[3]]
    )
    let folded = HostTensor(shape: weight.shape)
    let bias = HostTensor(shape: [outputs])
    let taps = weight.shape.elementCount / outputs
    try withExtendedLifetime((kernel, gamma, beta, mean, variance)) {
      for o in 0..<outputs {
        let scale = Double(gamma.floats[o]) / (Double(variance.floats[o]) + epsilon).squareRoot()
        bias.floats[o] = Float(Double(beta.floats[o]) - scale * Double(mean.floats[o]))
        var isFinite = bias.floats[o].isFinite
        let (source, target) = (kernel.floats, folded.floats)
        for i in o * taps..<(o + 1) * taps {
          target[i] = Float(scale * Double(source[i]))
          isFinite = isFinite && target[i].isFinite
        }
        // ReLU would turn NaN into zeros that look like features.
        guard isFinite else { throw weights.notFinite(path, channel: o) }
      }
    }
    return ["\(path).weight": folded, "\(path).bias": bias]
  }
}
