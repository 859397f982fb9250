// N images, H × W pixels, C channels.
import TensorGraph

/// `Mixed_6a`: from 35 × 35 to 17 × 17 pixels by strides of two.
struct InceptionB: InceptionBlock {
  private let branch3x3: InceptionConvolution
  private let branch3x3dbl: [InceptionConvolution]

  init(_ path: String, inputs: Int) {
    branch3x3 = InceptionConvolution(
      "\(path).branch3x3", inputs: inputs, outputs: 384, kernel: (3, 3), stride: 2,
      isPadded: false)
    branch3x3dbl = [
      InceptionConvolution("\(path).branch3x3dbl_1", inputs: inputs, outputs: 64),
      InceptionConvolution("\(path).branch3x3dbl_2", inputs: 64, outputs: 96, kernel: (3, 3)),
      InceptionConvolution(
        "\(path).branch3x3dbl_3", inputs: 96, outputs: 96, kernel: (3, 3), stride: 2,
        isPadded: false),
    ]
  }

  var convolutions: [InceptionConvolution] { [branch3x3] + branch3x3dbl }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try branch3x3(x).concatenated(
      with: branch3x3dbl(x), x.maxPooled(.halving), axis: 3)  // (N, 17, 17, 480 + C)
  }
}
