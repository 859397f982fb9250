// n samples; R rows, see Guidance.swift.
import Diagnostics
import Foundation
import TensorGraph

/// Data that a part of the latents is to end at, while a plan paints the rest.
///
/// After each block the known part is put back on its straight path x(t) = t·x₁ + (1 − t)·x₀,
/// on which the velocity is x₁ − x₀ and the predicted data are x₁: what P and R blocks and
/// multi-step solvers remember is put right with the latents. With more than one round a step is
/// followed by its way back with fresh noise, and repeated, so that both parts get to agree; a P
/// block that is repeated takes a new velocity from the predictor, as one that comes first.
///
/// Source: Lugmayr et al., "RePaint: inpainting using denoising diffusion probabilistic models",
/// 2022, algorithm 1, for the path of flow matching.
public struct KnownRegion {
  /// x₁ (n, …).
  let data: HostTensor
  /// x₀ (n, …), that the run's first latents were made of.
  let noise: HostTensor
  /// (n, …), 0 where data are known, 1 where they are painted, mixed between.
  let mask: HostTensor
  let rounds: Int

  /// - Parameters:
  ///   - data: x₁ (n, …).
  ///   - noise: x₀ (n, …).
  ///   - mask: (n, …), 0…1: the share that is painted.
  ///   - rounds: how often each step is run; the first from noise (t = 0) is run once, as its
  ///     way back would leave nothing of it, and so are R blocks: a refiner only corrects
  ///     velocities of the way that it is on.
  /// - Throws: `InputError` for unequal shapes, and `InvalidField` for a number of rounds below 1.
  public init(
    data: HostTensor, noise: HostTensor, mask: HostTensor, rounds: Int = 1
  ) throws {
    guard data.type == noise.type, data.type == mask.type, data.type.element == .float32 else {
      throw InputError(
        "known region", expected: "data, noise and mask of one shape",
        found: "\(data.type), \(noise.type) and \(mask.type)")
    }
    guard rounds >= 1 else {
      throw InvalidField("rounds", expected: "at least 1", found: "\(rounds)")
    }
    (self.data, self.noise, self.mask, self.rounds) = (data, noise, mask, rounds)
  }

  /// For the rows of all branches.
  func hook(branches: Int) -> RegionHook {
    func rows(_ tensor: HostTensor) -> [Float] {
      Array(repeatElement(tensor.array(), count: branches).joined())
    }
    return RegionHook(
      data: rows(data), mask: rows(mask), rounds: rounds, noise: rows(noise))
  }
}

struct RegionHook: StepHook {
  let data: [Float]
  let mask: [Float]
  let rounds: Int
  /// x₀, which changes with each way back.
  private(set) var noise: [Float]
  private var round = 1

  init(data: [Float], mask: [Float], rounds: Int, noise: [Float]) {
    (self.data, self.mask, self.rounds, self.noise) = (data, mask, rounds, noise)
  }

  mutating func didRun(
    _ run: BlockRun, _ state: inout SampleState, noise: () -> HostTensor?
  ) throws -> Bool {
    keep(&state, at: run.time, from: run.step.start)
    guard run.isStep else { return false }
    guard run.predicts, round < rounds, run.step.start > 0 else {
      round = 1
      return false
    }
    guard let fresh = noise() else {
      throw InputError(
        "known region", expected: "random draws for \(rounds) rounds of each step", found: "none")
    }
    round += 1
    goBack(&state, run, fresh.array())
    return true
  }

  /// Puts the known part where it is at `time`, after a step from `start`.
  private func keep(_ state: inout SampleState, at time: Float, from start: Float) {
    state.x = kept(state.x) { path($0, time) }
    for (name, value) in state.others {
      switch name {
      case .velocity, .earlierVelocity: state.others[name] = kept(value) { data[$0] - noise[$0] }
      case .data, .earlierData: state.others[name] = kept(value) { data[$0] }
      case .corrected: state.others[name] = kept(value) { path($0, start) }
      case .errors, .middle: break
      }
    }
  }

  private func path(_ i: Int, _ time: Float) -> Float { time * data[i] + (1 - time) * noise[i] }

  private func kept(_ tensor: HostTensor, _ known: (Int) -> Float) -> HostTensor {
    let result = tensor.copy()
    let values = result.floats
    for i in values.indices where mask[i] < 1 {
      values[i] = mask[i] * values[i] + (1 - mask[i]) * known(i)
    }
    return result
  }

  /// From t′ back to t with fresh noise ε: x ← a·x + σ·ε with a = t/t′ and
  /// σ² = (1 − t)² − a²·(1 − t′)², the data that are predicted staying as they are, and
  /// the noise N = x − t′·v that is predicted becoming N′ = (a·(1 − t′)·N + σ·ε)/(1 − t).
  private mutating func goBack(_ state: inout SampleState, _ run: BlockRun, _ fresh: [Float]) {
    let (t, next) = (Double(run.step.start), Double(run.step.end))
    let a = t / next
    let left = a * (1 - next)
    let sigma = ((1 - t) * (1 - t) - left * left).squareRoot()
    let (ofNoise, ofFresh) = (Float(left / (1 - t)), Float(sigma / (1 - t)))
    let velocity = state.others[.velocity]?.array() ?? [Float](repeating: 0, count: data.count)
    // The predicted noise's change.
    var change = velocity
    let x = state.x.copy()
    for i in x.floats.indices {
      let predicted = x.floats[i] - Float(next) * velocity[i]
      change[i] = ofNoise * predicted + ofFresh * fresh[i] - predicted
      x.floats[i] = Float(a) * x.floats[i] + Float(sigma) * fresh[i]
      noise[i] = ofNoise * noise[i] + ofFresh * fresh[i]
    }
    // Rules that remember steps need what they were given before.
    var others = run.before.others
    let before = run.step.index > 0 ? run.step.times[run.step.index - 1] : run.step.start
    for (name, value) in others {
      let factor: Float? =
        switch name {
        case .velocity, .earlierVelocity: -1
        case .corrected: 1 - before
        case .data, .earlierData, .errors, .middle: nil
        }
      guard let factor else { continue }
      let changed = value.copy()
      for i in changed.floats.indices { changed.floats[i] += factor * change[i] }
      others[name] = changed
    }
    state = SampleState(x: x, others: others)
  }
}
