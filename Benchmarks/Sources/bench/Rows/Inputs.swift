import Models
import Randomness
import TensorGraph

extension HostTensor {
  /// Normal numbers that depend on the shape and `index` alone.
  static func normals(_ shape: Shape, index: UInt64 = 0) -> HostTensor {
    let tensor = HostTensor(shape: shape)
    var stream = RandomStream(seed: 0, purpose: .noise, index: index)
    stream.fillNormal(tensor.floats)
    return tensor
  }
}

/// Random weights by path, made once for all rows: those of SiT-XL/2 are 2.7 GB and take seconds.
final class WeightCache {
  private var known: [String: [String: HostTensor]] = [:]

  func weights(_ name: String, of parameters: [Parameter]) -> [String: HostTensor] {
    if let weights = known[name] { return weights }
    let weights = parameters.initialised(seed: 0)
    known[name] = weights
    return weights
  }
}
