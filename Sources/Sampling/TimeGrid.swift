import Diagnostics
import Foundation

/// Times from noise (0) to data (1): N steps use N + 1 times, each after the one before.
struct TimeGrid {
  let times: [Float]
  /// One spacing for all steps, as the references take it from uniform times.
  private let spacing: Float?

  /// - Throws: `InvalidField` where `spacing` gives no such times.
  init(steps: Int, spacing: TimeSpacing = .uniform) throws {
    switch spacing {
    case .uniform:
      // Float32 as the reference's `linspace`, which counts from either end to the middle.
      let delta = 1 / Float(steps)
      let times = (0...steps).map {
        2 * $0 < steps + 1 ? delta * Float($0) : 1 - delta * Float(steps - $0)
      }
      try self.init(times: times, spacing: times[1] - times[0])
    case .list(let times):
      guard times.count == steps + 1 else {
        throw InvalidField(
          "times", expected: "\(steps + 1) times for the plan's \(steps) steps",
          found: "\(times.count)")
      }
      try self.init(times: times.map { Float($0) })
    case .cosine, .shift:
      let times = (0...steps).map { Float(spacing.time(Double($0) / Double(steps))) }
      try self.init(times: times)
    }
  }

  /// - Parameter isBackward: whether the times go from data to noise.
  init(times: [Float], spacing: Float? = nil, isBackward: Bool = false) throws {
    for (time, next) in zip(times, times.dropFirst())
    where !(isBackward ? next < time : time < next) {
      throw InvalidField(
        "times",
        expected: "times that \(isBackward ? "decrease" : "increase"), in float32, over "
          + "\(times.count - 1) steps", found: "\(next) after \(time)")
    }
    self.times = times
    self.spacing = spacing
  }

  func step(_ index: Int) -> GridStep {
    GridStep(
      index: index, times: times, delta: spacing ?? times[index + 1] - times[index])
  }
}

/// One step of a grid.
struct GridStep {
  let index: Int
  let times: [Float]
  /// What programs take as the step's length.
  let delta: Float

  var start: Float { times[index] }
  var end: Float { times[index + 1] }
  var isFirst: Bool { index == 0 }
  var isLast: Bool { index + 2 == times.count }

  func time(_ time: BlockTime) -> Float {
    switch time.fraction {
    case 0: start
    case 1: end
    default: start + Float(time.fraction) * (end - start)
    }
  }
}

/// How a plan's times are spaced from noise (0) to data (1).
public enum TimeSpacing: Sendable, Equatable {
  case uniform
  /// t = (1 − cos πu)/2 of uniform u: short steps at both ends.
  case cosine
  /// t = u / (1 + (s − 1)(1 − u)) of uniform u: for s > 1 short steps near noise.
  ///
  /// Stable Diffusion 3 writes it s·t′ / (1 + (s − 1)·t′) for its t′ = 1 − t, noise at 1.
  /// Source: Esser et al., "Scaling rectified flow transformers", 2024, equation 23.
  case shift(Double)
  /// As given: increasing, from 0 to 1.
  case list([Double])

  static let shifts = 0.01...100

  /// - Throws: `InputError` saying what cannot be read.
  public init(_ text: String) throws {
    switch text {
    case "uniform": self = .uniform
    case "cosine": self = .cosine
    case let shift where shift.hasPrefix("shift:"):
      let number = shift.dropFirst("shift:".count).trimmingCharacters(in: .whitespaces)
      guard let value = Double(number), Self.shifts.contains(value) else {
        throw InputError(
          "times '\(text.prefix(60))'", expected: "a shift from 0.01 to 100",
          found: "'\(number.prefix(40))'")
      }
      self = .shift(value)
    default: self = .list(try Self.list(text))
    }
  }

  private static func list(_ text: String) throws -> [Double] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard (2...SamplingPlan.maximumSteps + 1).contains(parts.count) else {
      throw InputError(
        "times '\(text.prefix(60))'",
        expected: "uniform, cosine, shift: 3.0 or a list from 0 to 1",
        found: parts.count == 1 ? "'\(text.prefix(40))'" : "\(parts.count) times")
    }
    let times = try parts.map { part in
      let number = part.trimmingCharacters(in: .whitespaces)
      guard let time = Double(number), (0...1).contains(time) else {
        throw InputError(
          "times '\(text.prefix(60))'", expected: "numbers from 0 to 1",
          found: "'\(number.prefix(40))'")
      }
      return time
    }
    guard times.first == 0, times.last == 1 else {
      throw InputError(
        "times '\(text.prefix(60))'", expected: "times from 0 to 1",
        found: "\(times.first ?? 0) to \(times.last ?? 0)")
    }
    for (time, next) in zip(times, times.dropFirst()) where !(Float(time) < Float(next)) {
      throw InputError(
        "times '\(text.prefix(60))'", expected: "times that increase, in float32",
        found: "\(next) after \(time)")
    }
    return times
  }

  /// The time at u of 0…1 for spacings that are functions.
  func time(_ u: Double) -> Double {
    switch self {
    case .uniform, .list: u
    case .cosine: u == 1 ? 1 : 0.5 * (1 - cos(.pi * u))
    case .shift(let s): u / (1 + (s - 1) * (1 - u))
    }
  }
}

extension TimeSpacing: CustomStringConvertible {
  public var description: String {
    switch self {
    case .uniform: "uniform"
    case .cosine: "cosine"
    case .shift(let shift): "shift:\(shift)"
    case .list(let times): times.map { "\($0)" }.joined(separator: ",")
    }
  }
}

extension TimeSpacing {
  var isList: Bool { if case .list = self { true } else { false } }
}
