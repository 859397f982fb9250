// R rows, see Guidance.swift.
import TensorGraph

/// Latents at the times of a plan, as the clocks of a batch pass them, each in its own steps.
final class DenseOutputs {
  let times: [Double]
  private let template: HostTensor
  private let keepsAll: Bool
  private var waiting: [Int]
  private var latents: [Int: HostTensor] = [:]
  private var velocities: [Int: HostTensor] = [:]
  private var emitted = 0

  /// - Parameters:
  ///   - template: a tensor of the whole batch, (R, …).
  ///   - clocks: how many pass every time.
  ///   - keepsAll: whether latents before the last are wanted.
  init(_ times: [Double], like template: HostTensor, clocks: Int, keepsAll: Bool) {
    (self.times, self.template, self.keepsAll) = (times, template, keepsAll)
    waiting = Array(repeating: clocks, count: times.count)
  }

  /// At the last time, (R, …).
  var last: HostTensor { latents[times.count - 1] ?? template }

  /// Notes all times up to a step's end.
  func pass(
    _ clock: inout AdaptiveClock, to end: Double, _ rows: ClockRows, _ step: DenseStep,
    _ velocity: HostTensor
  ) {
    while clock.passed < times.count, times[clock.passed] <= end {
      let time = times[clock.passed]
      note(&clock, rows.whole, velocity, rows.tried) { step.latents(at: time) }
    }
  }

  /// The same latents at all times that are left.
  func fill(
    from clock: inout AdaptiveClock, _ rows: ClockRows, _ x: HostTensor, _ velocity: HostTensor
  ) {
    while clock.passed < times.count {
      note(&clock, rows.whole, velocity, rows.tried) { x.rows(rows.tried) }
    }
  }

  private func note(
    _ clock: inout AdaptiveClock, _ rows: [Int], _ velocity: HostTensor, _ velocityRows: [Int],
    _ values: () -> HostTensor
  ) {
    let index = clock.passed
    clock.passed += 1
    waiting[index] -= 1
    guard keepsAll || index == times.count - 1 else { return }
    let (x, v) = (latents[index] ?? template.copy(), velocities[index] ?? template.copy())
    let found = values()
    for (number, row) in rows.enumerated() {
      x.copyRow(row, from: found, at: number)
      v.copyRow(row, from: velocity, at: velocityRows[number])
    }
    (latents[index], velocities[index]) = (x, v)
  }

  /// Hands out, in order, what all clocks have passed.
  func emit(_ body: (Int, HostTensor, HostTensor) throws -> Void) throws {
    while emitted < times.count, waiting[emitted] == 0 {
      let index = emitted
      emitted += 1
      guard let x = latents[index], let v = velocities.removeValue(forKey: index) else { continue }
      try body(index, x, v)
      if index < times.count - 1 { latents[index] = nil }
    }
  }
}

/// An accepted step of some rows, between whose ends latents are interpolated.
struct DenseStep {
  let from: SampleState
  let to: SampleState
  let rows: ClockRows
  let time: Double
  let length: Double
  let isFirstSameAsLast: Bool

  /// Latents of the rows.
  func latents(at wanted: Double) -> HostTensor {
    let end = to.x.rows(rows.tried)
    let u = (wanted - time) / length
    guard u < 1 - 1e-9 else { return end }
    let start = from.x.rows(rows.whole)
    if !isFirstSameAsLast {
      guard let slope = to.others[.velocity]?.rows(rows.tried) else { return end }
      return ParabolicInterpolation(start: start, end: end, slope: slope, length: Float(length))(u)
    }
    guard let startSlope = from.others[.velocity]?.rows(rows.whole),
      let endSlope = to.others[.velocity]?.rows(rows.tried)
    else { return end }
    guard let middle = to.others[.middle]?.rows(rows.tried) else {
      return CubicInterpolation(
        start: start, end: end, startSlope: startSlope, endSlope: endSlope, length: Float(length))(
          u)
    }
    return QuarticInterpolation(
      start: start, end: end, middle: middle, startSlope: startSlope, endSlope: endSlope,
      length: Float(length))(u)
  }
}
