// R rows, see Guidance.swift.
import TensorGraph

/// A slope of a Runge–Kutta rule: where in the step it is taken, and the weights of the slopes
/// before it that lead there.
struct RungeKuttaStage {
  let time: Double
  let weights: [Double]

  init(_ time: Double, _ weights: [Double]) { (self.time, self.weights) = (time, weights) }
}

/// A step of a Runge–Kutta rule whose error a second rule with the same slopes tells.
///
///     kⱼ = F(x + Δt·Σ aⱼₗ·kₗ, t + cⱼ·Δt), k₁ = F(x, t)
///     x ← x + Δt·Σ bₗ·kₗ
///
/// Hands on its last slope, or, where the rule takes its own k₁, that; and each row's mean square
/// of the embedded error Δt·Σ (bₗ − b̂ₗ)·kₗ over the tolerance atol + rtol·max(|x|, |x′|).
protocol EmbeddedPair: BlockFunction {
  /// Of the rule that goes on.
  static var order: Int { get }
  /// All slopes but k₁.
  static var stages: [RungeKuttaStage] { get }
  /// bₗ; of rules whose first slope is the last one of the step before, those of the last stage.
  static var weights: [Double] { get }
  /// bₗ − b̂ₗ.
  static var error: [Double] { get }
  /// The weights of the slopes that lead to the middle of the step, for the interpolation.
  static var middle: [Double]? { get }
  /// Whether k₁ is handed on by the step before.
  static var isFirstSameAsLast: Bool { get }
  static var control: StepControl.Kind { get }
  /// Whether the last step is cut off where the path ends.
  static var staysOnPath: Bool { get }

  init()
}

extension EmbeddedPair {
  static var weights: [Double] { stages.last?.weights ?? [] }
  static var middle: [Double]? { nil }
  static var isFirstSameAsLast: Bool { true }
  static var control: StepControl.Kind { .proportional }
  static var staysOnPath: Bool { true }

  func callAsFunction(_ step: BlockTrace) throws -> BlockResult {
    let (x, delta) = try (step.x, step.delta)
    var slopes = [try Self.isFirstSameAsLast ? step.velocity : step.predict(x, at: .start)]
    func moved(_ weights: [Double]) throws -> Tensor {
      try x + delta * Self.sum(slopes, weights)
    }
    var next = x
    for stage in Self.stages {
      next = try moved(stage.weights)
      slopes.append(try step.predict(next, at: BlockTime(fraction: stage.time)))
    }
    if !Self.isFirstSameAsLast { next = try moved(Self.weights) }
    let error = try delta * Self.sum(slopes, Self.error)
    var others = [StateName.errors: try step.meanSquare(of: error, from: x, to: next)]
    if let middle = Self.middle { others[.middle] = try moved(middle) }
    return BlockResult(
      x: next, velocity: Self.isFirstSameAsLast ? slopes[slopes.count - 1] : slopes[0],
      others: others)
  }

  private static func sum(_ slopes: [Tensor], _ weights: [Double]) throws -> Tensor {
    let terms = zip(slopes, weights).filter { $0.1 != 0 }
    guard let first = terms.first else { throw ProgramError("a rule without weights") }
    return try terms.dropFirst().reduce(Float(first.1) * first.0) { try $0 + Float($1.1) * $1.0 }
  }
}

extension BlockTrace {
  /// Each row's mean square (R) of `error` over the tolerance atol + rtol·max(|x|, |x′|).
  func meanSquare(of error: Tensor, from x: Tensor, to next: Tensor) throws -> Tensor {
    let size = try x.maximum(-1 * x).maximum(next.maximum(-1 * next))
    let tolerance = try size * coefficient(.relativeTolerance) + coefficient(.absoluteTolerance)
    let ratio = try error / tolerance
    return try (ratio * ratio).mean(Array(1..<error.shape.rank))
  }
}
