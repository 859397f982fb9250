// n samples, R rows, see Guidance.swift; K times, U labels, P pairs of both, M modulations.
import Models
import TensorGraph

/// A predictor of noise as a field of velocities.
///
/// On the path x_t = t·x1 + (1 − t)·x0 an estimate ε of the noise x0 is one of the data
/// x1 = (x − (1 − t)·ε)/t too, and so of the velocity
///
///     v = x1 − x0 = (x − ε)/t
///
/// At t = 0, where x is the noise itself, ε says nothing of the data and v has no value; shortly
/// after it the network's errors are divided by a small t. The field is therefore that of τ, the
/// earliest time, before it: v(x, t) = (x − ε(x, τ))/τ for t < τ. With x0 of unit size and a mean of
/// the data of 0, x is then wrong at τ by a part τ² of it. Plans, guidance (which is affine in ε)
/// and what else takes velocities need not know which of the two was predicted.
///
/// Source: Ma et al. 2024 (SiT), section 2.3, for the linear path; Ho et al. 2020, equation 15.
public enum NoiseField {
  /// τ. A signal of a twentieth of the noise is about where published noise schedules begin:
  /// 0.068 for that of latent diffusion.
  public static let earliestTime: Float = 0.05

  /// The noise that a velocity at (x, t) stands for, ε = x − t·v, element by element; before
  /// `earliest` that of the field's frozen time.
  public static func noise(x: Float, velocity: Float, time: Float, earliest: Float = 0) -> Float {
    x - max(time, earliest) * velocity
  }

  /// A network that takes times and labels as it takes latents.
  static func network(_ noise: @escaping VelocityField.Predictor) -> FieldNetwork<Void> {
    .whole { x, t, labels, _ in
      let t = try clamped(t)  // (R)
      return try velocity(x, noise: noise(x, t, labels), t)
    }
  }

  /// A network in two parts. Its second part does not take times: they come to it with the
  /// modulations, in one more column.
  static func network(_ predictor: SiT) -> FieldNetwork<Void> {
    let own = Conditioning(predictor)
    return .conditioned(own.withTimes) { x, values, _ in
      let size = own.size
      let noise = try predictor(x, modulations: values.slice(axis: 1, 0..<size))  // (R, …)
      return try velocity(
        x, noise: noise, values.slice(axis: 1, size..<size + 1).reshaped([values.shape[0]]))
    }
  }

  /// (x − ε)/t, (R, …), of x (n, …), which every branch sees, ε (R, …) and t (R).
  private static func velocity(_ x: Tensor, noise: Tensor, _ t: Tensor) throws -> Tensor {
    let branches = noise.shape[0] / max(x.shape[0], 1)
    let rows =
      branches > 1
      ? try x.concatenated(with: Array(repeating: x, count: branches - 1), axis: 0) : x
    let divisor = try t.reshaped(
      Shape([noise.shape[0]] + Array(repeating: 1, count: noise.shape.rank - 1)))
    return try (rows - noise) / divisor
  }

  fileprivate static func clamped(_ t: Tensor) throws -> Tensor {
    try t.maximum(t.graph.constant(earliestTime))
  }
}

extension Conditioning {
  /// No earlier than the noise field's first time, and with the time itself in one more column:
  /// (U, K, M + 1), and (P, M + 1) of pairs.
  fileprivate var withTimes: Conditioning {
    var result = self
    result.size += 1
    result.modulations = { [modulations] times, labels in
      let t = try NoiseField.clamped(times)
      return try modulations(t, labels).withColumn(t)
    }
    result.blended = blended.map { blended in
      { times, first, second, weights in
        let t = try NoiseField.clamped(times)
        return try blended(t, first, second, weights).withColumn(t)
      }
    }
    result.paired = { [paired] times, labels in
      let t = try NoiseField.clamped(times)
      return try paired(t, labels).withColumn(ofPairs: t)
    }
    result.pairedBlended = pairedBlended.map { blended in
      { times, first, second, weights in
        let t = try NoiseField.clamped(times)
        return try blended(t, first, second, weights).withColumn(ofPairs: t)
      }
    }
    return result
  }
}

extension Tensor {
  /// (U, K, M) → (U, K, M + 1), with the times (K) as last column.
  fileprivate func withColumn(_ times: Tensor) throws -> Tensor {
    let (u, k) = (shape[0], shape[1])
    return try concatenated(with: times.reshaped([1, k, 1]).broadcast(to: [u, k, 1]), axis: 2)
  }

  /// (P, M) → (P, M + 1), with the times (P) as last column.
  fileprivate func withColumn(ofPairs times: Tensor) throws -> Tensor {
    try concatenated(with: times.reshaped([times.shape[0], 1]), axis: 1)
  }
}
