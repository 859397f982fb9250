import TensorGraph

/// Part of the network: convolutions, one after the other or side by side.
protocol InceptionBlock: Layer {
  var convolutions: [InceptionConvolution] { get }

  func callAsFunction(_ x: Tensor) throws -> Tensor
}

extension InceptionBlock {
  var parameters: [Parameter] { convolutions.flatMap(\.parameters) }
}

extension [InceptionConvolution] {
  /// One after the other.
  func callAsFunction(_ x: Tensor) throws -> Tensor { try reduce(x) { try $1($0) } }
}

extension PoolingGeometry {
  /// 3 × 3, as many windows as pixels.
  static let keepingSize = PoolingGeometry(window: 3, stride: 1, padding: 1)
  /// 3 × 3, half as many windows along each side; pixels at the end may meet none.
  static let halving = PoolingGeometry(window: 3, stride: 2)
}
