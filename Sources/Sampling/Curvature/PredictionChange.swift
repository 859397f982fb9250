import Foundation

/// How two successive predictions p and q of one sample differ. Sizes are root mean squares over
/// the d elements, so that they do not grow with the size of latents.
public struct PredictionChange: Sendable, Equatable {
  /// ‖p‖ and ‖q‖.
  public let norm: Double
  public let nextNorm: Double
  /// ‖q − p‖/‖p‖; not a number where p is zero.
  public let relative: Double
  /// ⟨p, q⟩/(‖p‖·‖q‖); not a number where one is zero.
  public let cosine: Double
  /// The angle between them in radians, exact where it is small.
  public let angle: Double

  /// - Parameter p: as many elements as `q`, at least one.
  public init(_ p: UnsafeBufferPointer<Float>, _ q: UnsafeBufferPointer<Float>) {
    var (pp, qq, pq, differences) = (0.0, 0.0, 0.0, 0.0)
    for i in 0..<min(p.count, q.count) {
      let (a, b) = (Double(p[i]), Double(q[i]))
      pp += a * a
      qq += b * b
      pq += a * b
      differences += (b - a) * (b - a)
    }
    let count = Double(max(p.count, 1))
    let (a, b) = (pp.squareRoot(), qq.squareRoot())
    norm = a / count.squareRoot()
    nextNorm = b / count.squareRoot()
    relative = a > 0 ? differences.squareRoot() / a : .nan
    cosine = a > 0 && b > 0 ? pq / (a * b) : .nan
    // The chord between the directions: nothing cancels where both are nearly the same.
    let chord = max(0, differences - (a - b) * (a - b)) / (a * b)
    angle = a > 0 && b > 0 ? 2 * asin(min(1, chord.squareRoot() / 2)) : .nan
  }

  /// The curvature of a path whose tangents are p and q, a time `duration` apart: the angle that it turns
  /// by over the length that it goes, ‖dT/ds‖ for the unit tangent T, in radians per unit of
  /// length; 1/R on a circle of radius R.
  ///
  /// Source: do Carmo, "Differential geometry of curves and surfaces", 1976, section 1-5; the length
  /// is that of the trapezoidal rule.
  public func curvature(duration: Double) -> Double {
    angle / (duration * (norm + nextNorm) / 2)
  }
}

/// How far a sequence of predictions is from the one that does not change.
///
/// A straight path at constant speed has v = x1 − x0 and ε = x0 all along, its first point x0 and
/// its last x1.
public enum Straightness {
  /// ‖p − p*‖²/‖p*‖² of a prediction p and the one p* of the straight path; not a number where
  /// p* is zero.
  public static func deviation(
    _ p: UnsafeBufferPointer<Float>, from straight: UnsafeBufferPointer<Float>
  ) -> Double {
    var (differences, squares) = (0.0, 0.0)
    for i in 0..<min(p.count, straight.count) {
      let difference = Double(p[i]) - Double(straight[i])
      differences += difference * difference
      squares += Double(straight[i]) * Double(straight[i])
    }
    return squares > 0 ? differences / squares : .nan
  }

  /// ∫ f dt by the trapezoidal rule, of values at times. Of deviations of velocities, times
  /// ‖x1 − x0‖²: the straightness S = ∫‖(x1 − x0) − v‖² dt, 0 for straight paths.
  ///
  /// Source: Liu et al., "Flow straight and fast", 2023 (arXiv:2209.03003), equation 5.
  public static func integral(_ values: [Double], times: [Float]) -> Double {
    var sum = 0.0
    for k in 0..<max(0, min(values.count, times.count) - 1) {
      sum += (values[k] + values[k + 1]) / 2 * Double(times[k + 1] - times[k])
    }
    return sum
  }
}
