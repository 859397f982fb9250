/// The lengths of `adaptive` steps, long where the velocity is small,
///
///     Δt(x, t) = C/‖F(x, t)‖ within bounds,
///
/// ‖F‖ the root mean square over the latents' elements, of both branches with guidance; the last
/// step goes to the end whatever its length. C is given, or such that N evaluations suffice: of n
/// that are left, C = (1 − t)/(n·m), m the mean of 1/‖F‖ over the evaluations so far. For
/// velocities of constant size those steps are uniform.
struct VelocitySteps {
  enum Rule {
    /// C itself.
    case given(Double)
    /// How many evaluations, and so steps, there are.
    case evaluations(Int)
  }

  let rule: Rule
  let end: Double
  let bounds: ClosedRange<Double>
  private(set) var times: [Double]
  private var inverseNorms: [Double] = []

  init(_ rule: Rule, from start: Double, to end: Double, bounds: ClosedRange<Double>) {
    (self.rule, self.end, self.bounds) = (rule, end, bounds)
    times = [start]
  }

  var time: Double { times[times.count - 1] }
  var isAtEnd: Bool { time >= end }

  /// Ends the step at whose start the velocity has this norm.
  mutating func next(norm: Double) {
    let inverse = 1 / max(norm, 1e-12)
    inverseNorms.append(inverse)
    let (time, rest) = (time, end - time)
    switch rule {
    case .given(let c):
      // What is not a number moves on as fast as may be.
      let wanted = inverse.isNaN ? bounds.upperBound : c * inverse
      let length = min(max(wanted, bounds.lowerBound), bounds.upperBound)
      times.append(length > rest - 1e-9 ? end : time + length)
    case .evaluations(let count):
      let left = count - inverseNorms.count + 1
      guard left > 1 else { return times.append(end) }
      let mean = inverseNorms.reduce(0, +) / Double(inverseNorms.count)
      let share = inverse / mean
      let wanted = rest / Double(left) * (share.isNaN ? 1 : share)
      // The steps that are left must be able to keep the bounds, too.
      let shortest = max(bounds.lowerBound, rest - Double(left - 1) * bounds.upperBound)
      let longest = min(bounds.upperBound, rest - Double(left - 1) * bounds.lowerBound)
      times.append(time + min(max(wanted, shortest), longest))
    }
  }
}
