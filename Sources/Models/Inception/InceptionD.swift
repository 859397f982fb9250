// N images, H × W pixels, C channels.
import TensorGraph

/// `Mixed_7a`: from 17 × 17 to 8 × 8 pixels by strides of two.
struct InceptionD: InceptionBlock {
  private let branch3x3: [InceptionConvolution]
  private let branch7x7x3: [InceptionConvolution]

  init(_ path: String, inputs: Int) {
    branch3x3 = [
      InceptionConvolution("\(path).branch3x3_1", inputs: inputs, outputs: 192),
      InceptionConvolution(
        "\(path).branch3x3_2", inputs: 192, outputs: 320, kernel: (3, 3), stride: 2,
        isPadded: false),
    ]
    branch7x7x3 = [
      InceptionConvolution("\(path).branch7x7x3_1", inputs: inputs, outputs: 192),
      InceptionConvolution("\(path).branch7x7x3_2", inputs: 192, outputs: 192, kernel: (1, 7)),
      InceptionConvolution("\(path).branch7x7x3_3", inputs: 192, outputs: 192, kernel: (7, 1)),
      InceptionConvolution(
        "\(path).branch7x7x3_4", inputs: 192, outputs: 192, kernel: (3, 3), stride: 2,
        isPadded: false),
    ]
  }

  var convolutions: [InceptionConvolution] { branch3x3 + branch7x7x3 }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try branch3x3(x).concatenated(
      with: branch7x7x3(x), x.maxPooled(.halving), axis: 3)  // (N, 8, 8, 512 + C)
  }
}
