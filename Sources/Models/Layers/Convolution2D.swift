import TensorGraph

/// A square convolution of NHWC images, its weight OIHW as in the checkpoints.
public struct Convolution2D: Layer {
  let weight: Parameter
  let bias: Parameter
  let geometry: ConvolutionGeometry

  /// - Parameter geometry: stride and padding; without it the image keeps its size.
  public init(
    _ path: String, inputs: Int, outputs: Int, kernel: Int, _ geometry: ConvolutionGeometry? = nil
  ) {
    let fanIn = inputs * kernel * kernel
    weight = Parameter("\(path).weight", [outputs, inputs, kernel, kernel], .fanInUniform(fanIn))
    bias = Parameter("\(path).bias", [outputs], .fanInUniform(fanIn))
    self.geometry = geometry ?? ConvolutionGeometry(before: kernel / 2, after: kernel / 2)
  }

  public var parameters: [Parameter] { [weight, bias] }

  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.convolution(weight: weight(in: x.graph), bias: bias(in: x.graph), geometry)
  }
}
