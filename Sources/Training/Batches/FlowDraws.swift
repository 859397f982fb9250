import Foundation
import Randomness

/// How the draws of a flow's training are made.
public struct FlowDraws: Sendable, Equatable {
  /// Classes of the model; the null label is this number.
  public var classes: Int
  /// The share of labels replaced by the null label.
  public var labelDropout: Double
  public var time: TimeDistribution
  /// nil for losses without a Δt.
  public var offset: TimeOffsetOptions?

  public init(_ options: PredictorTrainingOptions, classes: Int) {
    self.classes = classes
    labelDropout = options.labelDropout
    time = options.time
  }

  public init(_ options: RefinerTrainingOptions, classes: Int) {
    self.classes = classes
    labelDropout = options.labelDropout
    time = options.time
    offset = options.offset
  }
}

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
