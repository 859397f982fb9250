// N images, 8 × 8 pixels, C channels.
import TensorGraph

/// `Mixed_7b` and `Mixed_7c`: kernels of 1 × 3 and 3 × 1 side by side.
struct InceptionE: InceptionBlock {
  /// How the pooling branch pools. By maximum in `Mixed_7c`: probably a slip of the network's
  /// authors, which every FID inherits.
  enum Pooling: Sendable { case average, maximum }

  private let branch1x1: InceptionConvolution
  private let branch3x3: [InceptionConvolution]
  private let branch3x3Ends: [InceptionConvolution]
  private let branch3x3dbl: [InceptionConvolution]
  private let branch3x3dblEnds: [InceptionConvolution]
  private let branchPool: InceptionConvolution
  private let pooling: Pooling

  init(_ path: String, inputs: Int, pooling: Pooling) {
    func convolution(
      _ name: String, from: Int, to: Int = 384, _ rows: Int = 1, _ columns: Int = 1
    ) -> InceptionConvolution {
      InceptionConvolution(
        "\(path).\(name)", inputs: from, outputs: to, kernel: (rows, columns))
    }
    branch1x1 = convolution("branch1x1", from: inputs, to: 320)
    branch3x3 = [convolution("branch3x3_1", from: inputs)]
    branch3x3Ends = [
      convolution("branch3x3_2a", from: 384, 1, 3), convolution("branch3x3_2b", from: 384, 3, 1),
    ]
    branch3x3dbl = [
      convolution("branch3x3dbl_1", from: inputs, to: 448),
      convolution("branch3x3dbl_2", from: 448, 3, 3),
    ]
    branch3x3dblEnds = [
      convolution("branch3x3dbl_3a", from: 384, 1, 3),
      convolution("branch3x3dbl_3b", from: 384, 3, 1),
    ]
    branchPool = convolution("branch_pool", from: inputs, to: 192)
    self.pooling = pooling
  }

  var convolutions: [InceptionConvolution] {
    [branch1x1] + branch3x3 + branch3x3Ends + branch3x3dbl + branch3x3dblEnds + [branchPool]
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let pooled =
      switch pooling {
      // The FID network's average leaves padding out, torchvision's does not.
      case .average: try x.averagePooled(.keepingSize)
      case .maximum: try x.maxPooled(.keepingSize)
      }
    let (single, double) = try (branch3x3(x), branch3x3dbl(x))  // (N, 8, 8, 384)
    let ends =
      try branch3x3Ends.map { try $0(single) } + branch3x3dblEnds.map { try $0(double) }
    return try branch1x1(x).concatenated(
      with: ends + [branchPool(pooled)], axis: 3)  // (N, 8, 8, 2048)
  }
}
