import TensorGraph

/// Normalises groups of channels over all positions of (N, …, C), then scales
/// and shifts each channel. Source: Wu and He 2018.
public struct GroupNorm: Layer {
  let weight: Parameter
  let bias: Parameter
  let settings: GroupNormSettings

  public init(_ path: String, channels: Int, _ settings: GroupNormSettings) {
    weight = Parameter("\(path).weight", [channels], .ones)
    bias = Parameter("\(path).bias", [channels], .zeros)
    self.settings = settings
  }

  public var parameters: [Parameter] { [weight, bias] }

  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.groupNorm(weight: weight(in: x.graph), bias: bias(in: x.graph), settings)
  }
}
