import Foundation

/// AdamW with a moving average of the weights. Defaults are FlowTurbo's for the refiner.
public struct OptimizerOptions: Sendable, Equatable {
  /// The peak rate, which ``LearningRateSchedule`` scales.
  public var learningRate = 5e-5
  /// Decay rates of the first and second moment.
  public var beta1 = 0.9
  public var beta2 = 0.999
  /// Added to the root of the second moment.
  public var epsilon = 1e-8
  /// Decoupled: each step multiplies weights by 1 − rate · weightDecay.
  public var weightDecay = 0.0
  /// The largest L2 norm of the whole gradient; nil clips nothing.
  public var gradientClip: Double?
  /// Decay of the exponential moving average of the weights, per step.
  public var emaDecay = 0.9999
  public var schedule = LearningRateSchedule()

  public init() {}
}

/// How the learning rate changes over a run: linear warm-up, then constant or cosine.
public struct LearningRateSchedule: Sendable, Equatable {
  public enum Decay: String, Sendable, CaseIterable {
    case constant
    case cosine
  }

  public var decay = Decay.constant
  /// Steps of linear warm-up; the first full rate is at step `warmupSteps`.
  public var warmupSteps = 0
  /// The part of the peak rate that a cosine ends at, on the last step.
  public var finalFraction = 0.0

  public init() {}

  public init(decay: Decay, warmupSteps: Int = 0, finalFraction: Double = 0) {
    self.decay = decay
    self.warmupSteps = warmupSteps
    self.finalFraction = finalFraction
  }

  /// The rate at `step` (from 0) of `total`, for a peak of `peak`.
  public func rate(_ step: Int, of total: Int, peak: Double) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps + 1) }
    switch decay {
    case .constant:
      return peak
    case .cosine:
      let length = max(1, total - 1 - warmupSteps)
      let progress = min(1, Double(step - warmupSteps) / Double(length))
      return peak * (finalFraction + (1 - finalFraction) * 0.5 * (1 + cos(.pi * progress)))
    }
  }
}
