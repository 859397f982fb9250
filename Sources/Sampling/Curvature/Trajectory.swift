// n samples; R rows, see Guidance.swift; N steps.
import Diagnostics
import TensorGraph

/// Where a plan took a batch of samples, and what the predictor says at each place.
public struct Trajectory: Sendable {
  /// N + 1 times from noise (0) to data (1).
  public let times: [Float]
  /// Latents (n, …) at each time, the noise first.
  public let latents: [HostTensor]
  /// The guided predictor's velocities (n, …) at these latents and times.
  public let velocities: [HostTensor]
  /// Before this time velocities are those of this time: ``VelocityField/earliestTime``.
  public let earliestTime: Float

  public init(
    times: [Float], latents: [HostTensor], velocities: [HostTensor], earliestTime: Float = 0
  ) {
    self.times = times
    self.latents = latents
    self.velocities = velocities
    self.earliestTime = earliestTime
  }
}

extension Sampler {
  /// Runs the plan on one batch and asks the predictor for the velocity at every time of its
  /// grid, the first and the last included. That takes N + 1 evaluations beside the plan's own,
  /// which are at other places: a Heun step's second, say, is not on the path.
  ///
  /// - Parameters:
  ///   - noise: (n, …).
  ///   - labels: one class for each sample.
  ///   - willEvaluate: called before each evaluation with its index; what it throws ends the run.
  /// - Throws: `InvalidField` for plans whose times are not known before, or that draw random
  ///   numbers.
  public func trajectory(
    noise: HostTensor, labels: [Int32], willEvaluate: ((Int) throws -> Void)? = nil
  ) throws -> Trajectory {
    try plan.validateForTrajectories()
    var latents = [noise.copy()]
    _ = try sample(noise: noise, labels: labels) { step in
      latents.append(Self.firstRows(noise.shape, of: step.latents))
    }
    guard latents.count == grid.times.count else {
      throw ProgramError(
        "plan '\(plan)': observed \(latents.count - 1) steps of \(grid.times.count - 1)")
    }
    let velocities = try zip(latents, grid.times).enumerated().map { index, place in
      try willEvaluate?(index)
      return try velocity(place.0, labels: labels, at: place.1)
    }
    return Trajectory(
      times: grid.times, latents: latents, velocities: velocities,
      earliestTime: field.earliestTime)
  }

  /// The guided predictor's velocities (n, …) at latents (n, …) and one time for all.
  public func velocity(_ x: HostTensor, labels: [Int32], at time: Float) throws -> HostTensor {
    var (rows, classes) = (x, labels)
    if field.guidance.branches == 2 {
      rows = HostTensor(shape: Shape([2 * labels.count] + x.shape.dimensions.dropFirst()))
      let count = x.floats.count
      for half in 0..<2 {
        _ = rows.floats[(half * count)...].update(fromContentsOf: x.floats)
      }
      classes += Array(
        repeating: Int32(clamping: field.guidance.nullClass), count: labels.count)
    }
    let state = try run(
      PredictorEvaluation(), SampleState(x: rows), from: Double(time),
      labels: HostTensor(classes, shape: [classes.count]))
    guard let velocity = state.others[.velocity] else {
      throw ProgramError("sampling plan \(plan): its program returned no velocity")
    }
    return Self.firstRows(x.shape, of: velocity)
  }

  /// The conditional branch, which comes first.
  private static func firstRows(_ shape: Shape, of rows: HostTensor) -> HostTensor {
    let result = HostTensor(shape: shape)
    _ = result.floats.update(fromContentsOf: rows.floats.prefix(shape.elementCount))
    return result
  }
}

extension SamplingPlan {
  /// - Throws: `InvalidField` where samples have no path on times that are known before.
  public func validateForTrajectories() throws {
    if case .solver(.adaptive, _) = self {
      throw InvalidField(
        "plan", expected: "a plan whose times are known before, such as heun:50",
        found: "\(self), which chooses them")
    }
    guard !isStochastic else {
      throw InvalidField(
        "plan", expected: "a plan without random draws, such as heun:50", found: "\(self)")
    }
  }
}
