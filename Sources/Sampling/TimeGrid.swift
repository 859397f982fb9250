/// Uniform times from noise (0) to data (1): N steps use N + 1 times.
///
/// Float32 as the reference's `linspace`, which counts from either end to the middle.
struct TimeGrid {
  let times: [Float]

  init(steps: Int) {
    let spacing = 1 / Float(steps)
    times = (0...steps).map {
      2 * $0 < steps + 1 ? spacing * Float($0) : 1 - spacing * Float(steps - $0)
    }
  }

  /// One for all steps.
  var delta: Float { times[1] - times[0] }
}
