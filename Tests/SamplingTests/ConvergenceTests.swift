import Foundation
import ReferenceExecutor
import Sampling
import TensorGraph
import Testing

@Suite struct ConvergenceTests {
  /// Order from the slope of log error on log step size.
  private func order(
    steps: [Int] = [4, 6, 8, 12, 16], _ error: (Int) throws -> Double
  ) throws -> Double {
    let points = try steps.map { (x: log(1 / Double($0)), y: log(try error($0))) }
    let count = Double(points.count)
    let (mx, my) = (points.map(\.x).reduce(0, +) / count, points.map(\.y).reduce(0, +) / count)
    let covariance = points.reduce(0) { $0 + ($1.x - mx) * ($1.y - my) }
    return covariance / points.reduce(0) { $0 + ($1.x - mx) * ($1.x - mx) }
  }

  private func order(_ variant: RefinerVariant = .block, _ plan: (Int) -> String) throws -> Double {
    try order { try ToyFlow.error(plan($0), variant: variant) }
  }

  /// Distance from the solution of ``ToyFlow/turning``, whose errors are large enough for
  /// float32 to show rules of high order.
  private func error(_ plan: String, _ times: TimeSpacing) throws -> Double {
    var settings = SolverSettings()
    settings.times = times
    let end = try Sampler(
      executor: ReferenceExecutor<Double>(), field: ToyFlow.turning, predictorWeights: [:],
      plan: SamplingPlan(plan), settings: settings
    ).sample(noise: ToyFlow.column([1]), labels: [0]).array()
    return abs(Double(end[0]) - ToyFlow.turned)
  }

  @Test func eulerIsOfFirstOrder() throws {
    #expect(abs(try order { "euler:\($0)" } - 1) < 0.2)
  }

  @Test func heunIsOfSecondOrder() throws {
    #expect(abs(try order { "heun:\($0)" } - 2) < 0.2)
    #expect(abs(try order { "H\($0)" } - 2) < 0.2)
  }

  @Test func pseudoCorrectorIsOfSecondOrder() throws {
    #expect(abs(try order { "H1P\($0 - 1)" } - 2) < 0.2)
  }

  /// On uniform times and on uneven ones: the weights of multi-step rules are those of the
  /// steps' own lengths.
  @Test(
    arguments: [
      ("euler", [64, 96, 128], 1.0), ("heun", [16, 24, 32], 2), ("midpoint", [24, 32, 48], 2),
      ("rk4", [6, 8, 12], 4), ("ab2", [32, 48, 64], 2), ("ab3", [48, 64, 96, 128], 3),
    ], [TimeSpacing.uniform, .cosine, .shift(2)])
  func solversAreOfTheirOrder(solver: (String, [Int], Double), times: TimeSpacing) throws {
    let (name, steps, expected) = solver
    let found = try order(steps: steps) { try error("\(name):\($0)", times) }
    #expect(abs(found - expected) < 0.3, "\(name) \(times): \(found)")
  }

  @Test func stepsByVelocityAreOfSecondOrder() throws {
    let found = try order(steps: [48, 64, 96, 128]) { try error("adaptive:\($0)", .uniform) }
    #expect(abs(found - 2) < 0.4, "\(found)")
  }

  /// Steps that are told their length are those of the rules that go on.
  @Test(arguments: [
    ("heun21", [24, 32, 48], 2.0), ("bs3", [12, 16, 24], 3), ("dopri5", [5, 6, 8], 5),
  ])
  func embeddedPairsAreOfTheirOrder(pair: (String, [Int], Double)) throws {
    let (name, steps, expected) = pair
    let found = try order(steps: steps) { count in
      try embedded(name) { settings in
        let length = 1 / Double(count)
        (settings.adaptive.first, settings.adaptive.smallest) = (length, length)
        settings.adaptive.largest = length
      }.error
    }
    #expect(abs(found - expected) < (expected > 4 ? 1 : 0.3), "\(name): \(found)")
  }

  /// The error follows the tolerance, down to what float32 can show.
  @Test(arguments: [("heun21", 1e-4), ("bs3", 1e-5), ("dopri5", 1e-5)])
  func errorsFollowTheTolerance(pair: (name: String, least: Double)) throws {
    var counts: [Int] = []
    var tolerance = 0.1
    while tolerance > 0.9 * pair.least {
      let found = try embedded(pair.name) { settings in
        (settings.absoluteTolerance, settings.relativeTolerance) = (tolerance, tolerance)
      }
      #expect(found.error < 25 * tolerance, "\(pair.name) at \(tolerance): \(found)")
      counts.append(found.evaluations)
      tolerance /= 10
    }
    #expect(counts[counts.count - 1] > 2 * counts[0], "\(counts)")
  }

  private func embedded(_ plan: String, _ change: (inout SolverSettings) -> Void) throws
    -> (error: Double, evaluations: Int)
  {
    var settings = SolverSettings()
    change(&settings)
    let sampler = try Sampler(
      executor: ReferenceExecutor<Double>(), field: ToyFlow.turning, predictorWeights: [:],
      plan: SamplingPlan(plan), settings: settings)
    let end = try sampler.sample(noise: ToyFlow.column([1]), labels: [0]).array()
    return (abs(Double(end[0]) - ToyFlow.turned), sampler.evaluations.predictor)
  }

  @Test(arguments: [TimeSpacing.uniform, .cosine, .shift(2)])
  func pseudoCorrectorsAreOfSecondOrder(times: TimeSpacing) throws {
    let found = try order(steps: [24, 32, 48, 64]) { try error("H1P\($0 - 1)", times) }
    #expect(abs(found - 2) < 0.3, "\(times): \(found)")
  }

  /// Short steps at both ends, where log-SNR is infinite, show the orders of the rules: UniPC's
  /// corrector raises that of its predictor.
  @Test(arguments: [("dpm++2m", 2.0), ("unipc2", 3)])
  func logSNRSolversAreOfTheirOrder(solver: (name: String, order: Double)) throws {
    let found = try order(steps: [32, 48, 64]) { try error("\(solver.name):\($0)", .cosine) }
    #expect(abs(found - solver.order) < 0.3, "\(solver.name): \(found)")
  }

  /// Uniform times make log-SNR jump at the ends, where errors fall as log N/N².
  @Test(arguments: ["dpm++2m", "unipc2"])
  func uniformTimesCostLogSNRSolversALogarithm(solver: String) throws {
    let found = try order(steps: [192, 256, 384]) { try error("\(solver):\($0)", .uniform) }
    #expect((1.5...2.05).contains(found), "\(solver): \(found)")
  }

  /// With an exact refiner, one call per step is Euler's method.
  @Test func eulerRefinerIsOfFirstOrder() throws {
    #expect(abs(try order(.euler) { "R\($0)" } - 1) < 0.2)
  }

  /// With an exact refiner the integrator's block is Heun's method.
  @Test func integratorRefinerIsOfSecondOrder() throws {
    #expect(abs(try order(.integrator) { "R\($0)" } - 2) < 0.2)
  }
}
