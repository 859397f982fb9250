// N images, 17 × 17 pixels, C channels.
import TensorGraph

/// `Mixed_6b` to `Mixed_6e`: kernels of 7 in rows and columns, once and twice, beside an average.
struct InceptionC: InceptionBlock {
  /// 192 channels; those of `Mixed_6d` are the spatial features of sFID.
  let branch1x1: InceptionConvolution
  private let branch7x7: [InceptionConvolution]
  private let branch7x7dbl: [InceptionConvolution]
  private let branchPool: InceptionConvolution

  /// - Parameter inner: channels between the halves of a 7 × 7 kernel.
  init(_ path: String, inputs: Int, inner: Int) {
    func convolution(
      _ name: String, from: Int, to: Int, _ rows: Int = 1, _ columns: Int = 1
    ) -> InceptionConvolution {
      InceptionConvolution(
        "\(path).\(name)", inputs: from, outputs: to, kernel: (rows, columns))
    }
    branch1x1 = convolution("branch1x1", from: inputs, to: 192)
    branch7x7 = [
      convolution("branch7x7_1", from: inputs, to: inner),
      convolution("branch7x7_2", from: inner, to: inner, 1, 7),
      convolution("branch7x7_3", from: inner, to: 192, 7, 1),
    ]
    branch7x7dbl = [
      convolution("branch7x7dbl_1", from: inputs, to: inner),
      convolution("branch7x7dbl_2", from: inner, to: inner, 7, 1),
      convolution("branch7x7dbl_3", from: inner, to: inner, 1, 7),
      convolution("branch7x7dbl_4", from: inner, to: inner, 7, 1),
      convolution("branch7x7dbl_5", from: inner, to: 192, 1, 7),
    ]
    branchPool = convolution("branch_pool", from: inputs, to: 192)
  }

  var convolutions: [InceptionConvolution] {
    [branch1x1] + branch7x7 + branch7x7dbl + [branchPool]
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    // The FID network's average leaves padding out, torchvision's does not.
    let pooled = try branchPool(x.averagePooled(.keepingSize))
    return try branch1x1(x).concatenated(
      with: branch7x7(x), branch7x7dbl(x), pooled, axis: 3)  // (N, 17, 17, 768)
  }
}
