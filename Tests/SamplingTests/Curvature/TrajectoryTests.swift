import Diagnostics
import Foundation
import Models
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

/// Paths whose shape is known.
@Suite struct TrajectoryTests {
  private func sampler(_ plan: String, _ predictor: @escaping VelocityField.Predictor) throws
    -> Sampler
  {
    try Sampler(
      executor: ReferenceExecutor<Double>(),
      field: VelocityField(guidance: Guidance(scale: 1, nullClass: 1), predictor: predictor),
      predictorWeights: [:], plan: SamplingPlan(plan))
  }

  /// The largest distance from a value.
  private func distance(_ values: [Double], from value: Double = 0) -> Double {
    values.reduce(values.isEmpty ? .infinity : 0) { max($0, abs($1 - value)) }
  }

  /// Points of the plane.
  private func rows(_ values: [Float]) -> HostTensor {
    HostTensor(values, shape: [values.count / 2, 2])
  }

  /// Round the origin at `speed` radians per unit of time.
  private func circling(_ plan: String, speed: Float) throws -> Sampler {
    try sampler(plan) { x, _, _ in
      let turn = x.graph.constant([0, speed, -speed, 0], shape: [2, 2])
      return try x.matmul(turn)
    }
  }

  @Test func straightPathsDoNotTurn() throws {
    let sampler = try sampler("heun:5") { x, _, _ in
      try 0 * x + x.graph.constant([3, -1], shape: [1, 2])
    }
    let trajectory = try sampler.trajectory(
      noise: rows([1, 2, 5, 5]), labels: [0, 0])
    #expect((trajectory.count, trajectory.latents.count) == (2, 6))
    for sample in 0..<2 {
      let velocities = trajectory.stability(of: sample, as: .velocity)
      let shape = trajectory.shape(velocities)
      let (changes, angles) = (velocities.changes.map(\.relative), velocities.changes.map(\.angle))
      #expect(distance(changes) < 1e-6)
      #expect(distance(angles) < 1e-6)
      #expect(distance(velocities.deviation) < 1e-10)
      #expect(distance(velocities.norm, from: 5.0.squareRoot()) < 1e-6)
      #expect(distance(shape.curvature) < 1e-5)
      #expect(shape.turning < 1e-5 && shape.straightness < 1e-10)
      // The noise it stands for is the one that it began with.
      let noise = trajectory.stability(of: sample, as: .epsilon)
      let noiseChanges = noise.changes.map(\.relative)
      #expect(distance(noiseChanges) < 1e-5)
      #expect(distance(noise.deviation) < 1e-10)
    }
  }

  @Test(arguments: [Float(0.5), 2]) func circlesHaveTheirCurvature(speed: Float) throws {
    let radius = 3.0
    let trajectory = try circling("rk4:40", speed: speed).trajectory(
      noise: rows([Float(radius), 0]), labels: [0])
    let velocities = trajectory.stability(of: 0, as: .velocity)
    let shape = trajectory.shape(velocities)
    // Lengths are root mean squares over two elements.
    let exact = 2.0.squareRoot() / radius
    #expect(shape.curvature.count == 40)
    #expect(distance(shape.curvature, from: exact) < 1e-4 * exact)
    #expect(abs(shape.turning - Double(speed)) < 1e-4)
    let (turn, chord) = (Double(speed) / 40, 2 * sin(Double(speed) / 2))
    let (cosines, changes) = (velocities.changes.map(\.cosine), velocities.changes.map(\.relative))
    #expect(distance(cosines, from: cos(turn)) < 1e-6)
    #expect(distance(changes, from: 2 * sin(turn / 2)) < 1e-5)
    // ∫‖v‖² − ‖x1 − x0‖², over ‖x1 − x0‖².
    let straightness = (Double(speed * speed) - chord * chord) / (chord * chord)
    #expect(abs(shape.straightness - straightness) < 2e-3 * straightness)
  }

  /// Curvature is of the path, not of how fast it is gone: half of it with twice the radius.
  @Test func curvatureIsOneOverARadius() throws {
    let trajectory = try circling("rk4:20", speed: 1).trajectory(
      noise: rows([1, 0, 2, 0]), labels: [0, 0])
    let curvatures = (0..<2).map { trajectory.shape(trajectory.stability(of: $0, as: .velocity)) }
    for (a, b) in zip(curvatures[0].curvature, curvatures[1].curvature) {
      #expect(abs(a - 2 * b) < 1e-6)
    }
  }

  @Test(arguments: ["heun:4", "H1P3", "ab2:4", "dopri5:4"])
  func velocitiesAreThePredictorsOnThePath(plan: String) throws {
    let sampler = try ToyFlow.sampler(plan, scale: 2)
    let noise = ToyFlow.column([1, -0.5])
    let trajectory = try sampler.trajectory(noise: noise, labels: [0, 1])
    #expect(trajectory.times == [0, 0.25, 0.5, 0.75, 1])
    let end = try ToyFlow.sampler(plan, scale: 2).sample(noise: noise, labels: [0, 1]).array()
    #expect(trajectory.latents.last?.array() == end)
    #expect(trajectory.latents.first?.array() == noise.array())
    for (k, t) in trajectory.times.enumerated() {
      // Guided: −0.2 + 2·(0.3 + 0.2).
      for (x, v) in zip(trajectory.latents[k].array(), trajectory.velocities[k].array()) {
        #expect(abs(v - x * (0.8 + cos(t))) < 1e-5, "\(plan) at \(t)")
      }
    }
  }

  /// The noise that a predictor of noise says, read back from its velocities.
  @Test func noiseIsReadBack() throws {
    let trajectory = try GaussianFlow.sampler("heun:40").trajectory(
      noise: ToyFlow.column([0.3, -1]), labels: [0, 0])
    for sample in 0..<2 {
      for (k, t) in trajectory.times.enumerated() {
        let x = trajectory.latents[k].array()[sample]
        let found = trajectory.prediction(of: sample, at: k, as: .epsilon)
        let exact = GaussianFlow.noise(x, max(t, NoiseField.earliestTime))
        #expect(abs(found[0] - exact) < 1e-4, "at \(t)")
      }
    }
    #expect(trajectory.earliestTime == NoiseField.earliestTime)
  }

  @Test func aRunCanBeStopped() throws {
    struct Stop: Error {}
    let sampler = try ToyFlow.sampler("heun:4")
    #expect(throws: Stop.self) {
      _ = try sampler.trajectory(noise: ToyFlow.column([1]), labels: [0]) { index in
        if index == 2 { throw Stop() }
      }
    }
  }

  @Test(arguments: ["adaptive:4", "sde:4"]) func plansWithoutAPathAreRefused(plan: String) throws {
    let sampler = try ToyFlow.sampler(plan)
    #expect(throws: InvalidField.self) {
      _ = try sampler.trajectory(noise: ToyFlow.column([1]), labels: [0])
    }
  }
}
