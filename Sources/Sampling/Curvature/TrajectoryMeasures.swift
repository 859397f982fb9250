// n samples, N steps.
import Models
import TensorGraph

/// What a prediction is looked at as, whatever the network gives.
public typealias PredictionForm = PredictionObjective

/// One sample's predictions along its trajectory, all in one form.
public struct PredictionStability: Sendable, Equatable {
  /// Between one time and the next, N of them.
  public let changes: [PredictionChange]
  /// From the prediction of a straight path at the N + 1 times; see ``Straightness``.
  public let deviation: [Double]

  /// Root mean square over elements at the N + 1 times.
  public var norm: [Double] { changes.map(\.norm) + changes.suffix(1).map(\.nextNorm) }
}

/// The shape of one sample's path.
public struct PathShape: Sendable, Equatable {
  /// Over each of the N steps, radians per root mean square of latents;
  /// see ``PredictionChange/curvature(duration:)``.
  public let curvature: [Double]
  /// The angle that the path turns by in all, radians.
  public let turning: Double
  /// ∫‖(x1 − x0) − v‖² dt over ‖x1 − x0‖².
  public let straightness: Double
}

extension Trajectory {
  /// The number of samples n.
  public var count: Int { latents.first?.shape[0] ?? 0 }

  /// How much the predictions of one sample change along its trajectory.
  /// - Parameter sample: below ``count``.
  public func stability(of sample: Int, as form: PredictionForm) -> PredictionStability {
    let predictions = times.indices.map { prediction(of: sample, at: $0, as: form) }
    let straight = straight(of: sample, as: form)
    return PredictionStability(
      changes: zip(predictions, predictions.dropFirst()).map { p, q in
        p.withUnsafeBufferPointer { p in q.withUnsafeBufferPointer { PredictionChange(p, $0) } }
      },
      deviation: predictions.map { p in
        p.withUnsafeBufferPointer { p in
          straight.withUnsafeBufferPointer { Straightness.deviation(p, from: $0) }
        }
      })
  }

  /// The shape of one sample's path.
  /// - Parameter velocities: the stability of its velocities.
  public func shape(_ velocities: PredictionStability) -> PathShape {
    PathShape(
      curvature: zip(velocities.changes, zip(times, times.dropFirst())).map { change, step in
        change.curvature(duration: Double(step.1 - step.0))
      },
      turning: velocities.changes.reduce(0) { $0 + $1.angle },
      straightness: Straightness.integral(velocities.deviation, times: times))
  }

  /// The prediction for a sample at the time of an index, in a form.
  func prediction(of sample: Int, at index: Int, as form: PredictionForm) -> [Float] {
    let velocity = row(velocities[index], sample)
    switch form {
    case .velocity: return velocity
    case .epsilon:
      return zip(row(latents[index], sample), velocity).map { x, v in
        NoiseField.noise(x: x, velocity: v, time: times[index], earliest: earliestTime)
      }
    }
  }

  /// What all predictions for a sample would be if its path were straight.
  func straight(of sample: Int, as form: PredictionForm) -> [Float] {
    guard let first = latents.first, let last = latents.last else { return [] }
    switch form {
    case .velocity: return zip(row(last, sample), row(first, sample)).map { $0 - $1 }
    case .epsilon: return row(first, sample)
    }
  }

  private func row(_ tensor: HostTensor, _ sample: Int) -> [Float] {
    let length = tensor.shape.elementCount / max(tensor.shape[0], 1)
    return withExtendedLifetime(tensor) {
      Array(tensor.floats[sample * length..<(sample + 1) * length])
    }
  }
}
