import Foundation
import Randomness

extension TimeDistribution {
  /// A time in [0, 1].
  func draw(_ stream: inout RandomStream) -> Float {
    switch self {
    case .uniform:
      return stream.uniform()
    case .logitNormal(let mean, let std):
      return Float(1 / (1 + exp(-(mean + std * Double(stream.normal())))))
    }
  }
}

extension TimeOffsetOptions {
  /// A Δt within the bounds.
  func draw(_ stream: inout RandomStream) -> Float {
    let u = Double(stream.uniform())
    switch distribution {
    case .uniform: return Float(lower + u * (upper - lower))
    case .logUniform: return Float(lower * pow(upper / lower, u))
    }
  }
}
