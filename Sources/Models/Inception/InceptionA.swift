// N images, 35 × 35 pixels, C channels.
import TensorGraph

/// `Mixed_5b` to `Mixed_5d`: kernels of 1, 5 and twice 3 beside an average.
struct InceptionA: InceptionBlock {
  private let branch1x1: InceptionConvolution
  private let branch5x5: [InceptionConvolution]
  private let branch3x3dbl: [InceptionConvolution]
  private let branchPool: InceptionConvolution

  init(_ path: String, inputs: Int, poolOutputs: Int) {
    branch1x1 = InceptionConvolution("\(path).branch1x1", inputs: inputs, outputs: 64)
    branch5x5 = [
      InceptionConvolution("\(path).branch5x5_1", inputs: inputs, outputs: 48),
      InceptionConvolution("\(path).branch5x5_2", inputs: 48, outputs: 64, kernel: (5, 5)),
    ]
    branch3x3dbl = [
      InceptionConvolution("\(path).branch3x3dbl_1", inputs: inputs, outputs: 64),
      InceptionConvolution("\(path).branch3x3dbl_2", inputs: 64, outputs: 96, kernel: (3, 3)),
      InceptionConvolution("\(path).branch3x3dbl_3", inputs: 96, outputs: 96, kernel: (3, 3)),
    ]
    branchPool = InceptionConvolution(
      "\(path).branch_pool", inputs: inputs, outputs: poolOutputs)
  }

  var convolutions: [InceptionConvolution] {
    [branch1x1] + branch5x5 + branch3x3dbl + [branchPool]
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    // The FID network's average leaves padding out, torchvision's does not.
    let pooled = try branchPool(x.averagePooled(.keepingSize))
    return try branch1x1(x).concatenated(
      with: branch5x5(x), branch3x3dbl(x), pooled, axis: 3)  // (N, 35, 35, 224 + pool)
  }
}
