import Foundation
import TensorGraph

/// The diffusion w(t) of the stochastic sampler: noise of variance 2·w·Δt in a step.
public enum DiffusionForm: String, Sendable, CaseIterable {
  /// w = norm.
  case constant
  /// w = norm·(1 − t)/t, that of the variance-preserving process; steps begin at 0.001.
  case sbdm
  /// w = norm·(1 − t), σ of the linear path.
  case sigma
  /// w = norm·(1 − t), which is σ on the linear path.
  case linear
  /// w = (norm·cos πt + 1)²/4.
  case decreasing
  /// w = norm·sin² πt.
  case increasingDecreasing = "increasing-decreasing"

  func value(_ t: Double, norm: Double) -> Double {
    switch self {
    case .constant: norm
    case .sbdm: norm * (1 - t) / t
    case .sigma, .linear: norm * (1 - t)
    case .decreasing: 0.25 * (norm * cos(.pi * t) + 1) * (norm * cos(.pi * t) + 1)
    case .increasingDecreasing: norm * sin(.pi * t) * sin(.pi * t)
    }
  }
}

/// The last step of the stochastic sampler, which adds no noise.
public enum DiffusionLastStep: String, Sendable, CaseIterable {
  /// Along the drift of the stochastic equation.
  case mean
  /// Along the velocity.
  case euler
  /// To the expected data, E[x₁ | x]; on the linear path what `euler` gives.
  case tweedie
  /// A step like the others, with noise.
  case none
}

/// Settings of `sde:N`.
public struct DiffusionOptions: Sendable, Equatable {
  public var form = DiffusionForm.sigma
  public var norm = 1.0
  public var lastStep = DiffusionLastStep.mean
  /// The time that the last step takes; the others share the rest.
  public var lastStepSize = 0.04

  public init() {}
}

/// Euler–Maruyama for the flow's stochastic equation, with the predictor F.
///
///     s = (t·v − x)/(1 − t),  v = F(x, t)                    the score
///     x ← x + Δt·(v + w·s) + √(2·w·Δt)·z,  z normal
///
/// Of weak order 1, one evaluation; hands on v. w is any function of t: marginals stay those of
/// the flow. Draws of z depend on (seed, sample, step) alone. Source: Ma et al., "SiT", 2024,
/// equations 4 to 9 and table 2; `transport.Sampler.sample_sde` of its code, whose N − 1 steps
/// are followed by one without noise.
struct EulerMaruyamaBlock: BlockFunction {
  /// SBDM's diffusion is infinite at 0.
  static let sbdmStart: Float = 1e-3

  let form: DiffusionForm
  let norm: Double
  let lastStep: DiffusionLastStep
  let addsNoise: Bool

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let x = try step.x
    let v = try step.predict(x, at: .start)
    var next = try step.coefficient(.ofLatents) * x + step.coefficient(.ofNew) * v
    if addsNoise { next = try next + step.coefficient(.ofNoise) * step.noise }
    return BlockResult(x: next, velocity: v)
  }

  func coefficients(_ step: GridStep) -> [Coefficient: Double] {
    let (t, delta) = (Double(step.start), Double(step.end) - Double(step.start))
    let isOde = !addsNoise && lastStep != .mean
    let w = isOde ? 0 : form.value(t, norm: norm)
    return [
      .ofLatents: 1 - delta * w / (1 - t), .ofNew: delta * (1 + w * t / (1 - t)),
      .ofNoise: (2 * w * delta).squareRoot(),
    ]
  }

  static func blocks(steps: Int, _ options: DiffusionOptions) -> [any BlockFunction] {
    (1...steps).map { number in
      Self(
        form: options.form, norm: options.norm, lastStep: options.lastStep,
        addsNoise: number < steps || options.lastStep == .none)
    }
  }

  /// The times of N steps: with functions as spacings N − 1 up to where the last step begins.
  static func grid(steps: Int, spacing: TimeSpacing, _ options: DiffusionOptions) throws
    -> TimeGrid
  {
    let first = options.form == .sbdm ? sbdmStart : 0
    if options.lastStep == .none || steps == 1 || spacing.isList {
      let times = try TimeGrid(steps: steps, spacing: spacing).times
      return try TimeGrid(times: [max(first, times[0])] + times.dropFirst())
    }
    let end = Float(1 - options.lastStepSize)
    let inner = try TimeGrid(steps: steps - 1, spacing: spacing).times
    return try TimeGrid(times: inner.map { first + (end - first) * $0 } + [1])
  }
}
