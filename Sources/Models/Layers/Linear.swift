import TensorGraph

/// x · weightᵀ + bias over the last axis.
public struct Linear: Layer {
  let weight: Parameter
  let bias: Parameter

  public init(
    _ path: String, inputs: Int, outputs: Int, weight: Initialisation, bias: Initialisation
  ) {
    self.weight = Parameter("\(path).weight", [outputs, inputs], weight)
    self.bias = Parameter("\(path).bias", [outputs], bias)
  }

  public var parameters: [Parameter] { [weight, bias] }

  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.linear(weight: weight(in: x.graph), bias: bias(in: x.graph))  // (…, outputs)
  }
}

extension Linear {
  /// x · weightᵀ alone.
  func unbiased(_ x: Tensor) throws -> Tensor {
    try x.linear(weight: weight(in: x.graph), bias: nil)  // (…, outputs)
  }

  /// SiT's initialisation: Xavier weights, zero bias.
  static func xavier(_ path: String, inputs: Int, outputs: Int) -> Linear {
    Linear(path, inputs: inputs, outputs: outputs, weight: .xavierUniform, bias: .zeros)
  }

  /// Starts as the zero map.
  static func zero(_ path: String, inputs: Int, outputs: Int) -> Linear {
    Linear(path, inputs: inputs, outputs: outputs, weight: .zeros, bias: .zeros)
  }

  /// PyTorch's initialisation.
  static func fanIn(_ path: String, inputs: Int, outputs: Int) -> Linear {
    Linear(
      path, inputs: inputs, outputs: outputs, weight: .fanInUniform(inputs),
      bias: .fanInUniform(inputs))
  }
}
