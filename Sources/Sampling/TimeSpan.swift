import Diagnostics
import TensorGraph

/// The part of the path from noise (0) to data (1) that a run passes, and in which direction.
///
/// A plan's steps are spread over the span as they are over the whole path: times t go to
/// start + (end − start)·t. Backwards the times are those of the same span forwards, in reverse.
public struct TimeSpan: Sendable, Hashable {
  public let start: Float
  public let end: Float

  /// From noise to data.
  public static let whole = TimeSpan(checked: 0, 1)
  /// From data to noise.
  public static let backward = TimeSpan(checked: 1, 0)

  /// - Throws: `InvalidField` for times outside 0…1.
  public init(from start: Double, to end: Double) throws {
    for time in [start, end] where !(0...1).contains(time) {
      throw InvalidField("span", expected: "times from 0 to 1", found: "\(time)")
    }
    self.init(checked: Float(start), Float(end))
  }

  private init(checked start: Float, _ end: Float) {
    (self.start, self.end) = (start, end)
  }

  public var isEmpty: Bool { start == end }
  public var isBackward: Bool { end < start }
}

extension TimeGrid {
  /// The grid's steps within a span that is not empty.
  /// - Throws: `InvalidField` where the span is so short that times meet.
  func over(_ span: TimeSpan) throws -> TimeGrid {
    guard span != .whole else { return self }
    let (low, high) = (min(span.start, span.end), max(span.start, span.end))
    // The ends are kept as they are: a stochastic solver may begin after 0.
    let inner = times.map { $0 == 1 ? high : low + (high - low) * $0 }
    return try span.isBackward
      ? TimeGrid(times: inner.reversed(), isBackward: true) : TimeGrid(times: inner)
  }
}

extension SamplingPlan {
  /// - Parameter isChanged: whether something else changes latents between the steps.
  /// - Throws: `InvalidField` where the plan cannot pass the span.
  public func validate(_ settings: SolverSettings, over span: TimeSpan, isChanged: Bool = false)
    throws
  {
    if case .solver(let name, _) = self, name.isAdaptive {
      guard span == .whole, !isChanged else {
        let purpose =
          span.isBackward
          ? "from data to noise" : isChanged ? "to put known parts back" : "for a part of the path"
        throw InvalidField(
          "plan", expected: "a plan of fixed steps \(purpose), such as rk4:8 or H8",
          found: "\(self), which chooses its steps")
      }
    }
    guard !(span.isBackward && isStochastic) else {
      throw InvalidField(
        "plan", expected: "a plan without random draws from data to noise, such as rk4:8 or H8",
        found: "\(self)")
    }
    if !span.isEmpty { _ = try grid(settings).over(span) }
  }
}

extension Sampler {
  /// Evaluations of the networks per sample of a run over a span, with rounds of a known region;
  /// nil where a solver chooses its steps.
  public func evaluations(latentShape: Shape, over span: TimeSpan, rounds: Int = 1) throws
    -> EvaluationCount?
  {
    guard plan.evaluations() != nil else { return nil }
    var count = EvaluationCount(predictor: 0, refiner: 0)
    guard !span.isEmpty else { return count }
    let grid = try grid.over(span)
    let rows = Shape([field.guidance.branches] + latentShape.dimensions)
    for placed in try placedBlocks(rows) {
      let one = try trace(placed.block, shape: rows).evaluations
      let isRepeated =
        !(placed.block is PredictorEvaluation) && one.predictor > 0
        && grid.step(placed.index).start > 0
      let times = isRepeated ? rounds : 1
      count.predictor += one.predictor * times
      count.refiner += one.refiner * times
      if try renewsVelocity(placed.block, rows) { count.predictor += times - 1 }
    }
    return count
  }
}
