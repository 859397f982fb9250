import Diagnostics
import Foundation
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

@Suite struct TimeSpanTests {
  private static let fixedSteps = [
    "euler:64", "midpoint:16", "heun:16", "rk4:8", "ab2:48", "ab3:48", "dpm++2m:96", "unipc2:48",
    "H16", "H1P24", "[H1P1]x12",
  ]

  @Test func stepsAreSpreadOverTheSpan() throws {
    let grid = try TimeGrid(steps: 4)
    #expect(try grid.over(.whole).times == [0, 0.25, 0.5, 0.75, 1])
    #expect(try grid.over(.backward).times == [1, 0.75, 0.5, 0.25, 0])
    #expect(try grid.over(TimeSpan(from: 0.5, to: 1)).times == [0.5, 0.625, 0.75, 0.875, 1])
    #expect(try grid.over(TimeSpan(from: 0.5, to: 0)).times == [0.5, 0.375, 0.25, 0.125, 0])
    let backward = try TimeGrid(steps: 3, spacing: .shift(3)).over(.backward)
    #expect(try backward.times == TimeGrid(steps: 3, spacing: .shift(3)).times.reversed())
    #expect(backward.step(0).delta < 0 && backward.step(2).isLast)
    let last = try TimeGrid(steps: 7).over(TimeSpan(from: 0.3, to: 1)).times.last
    #expect(last == 1)
  }

  @Test func spansThatMeanNothingAreRefused() throws {
    for (start, end) in [(-0.1, 1.0), (0, 1.5), (.nan, 1)] {
      #expect(throws: InvalidField.self) { try TimeSpan(from: start, to: end) }
    }
    let short = try TimeSpan(from: 1 - 1e-7, to: 1)
    let error = #expect(throws: InvalidField.self) { try TimeGrid(steps: 8).over(short) }
    #expect(error?.expected == "times that increase, in float32, over 8 steps")
  }

  @Test(
    arguments: [
      (
        "sde:4",
        "plan: expected a plan without random draws from data to noise, such as rk4:8 or H8, found sde:4"
      ),
      (
        "dopri5",
        "plan: expected a plan of fixed steps from data to noise, such as rk4:8 or H8, found dopri5, which chooses its steps"
      ),
      (
        "adaptive:8",
        "plan: expected a plan of fixed steps from data to noise, such as rk4:8 or H8, found adaptive:8, which chooses its steps"
      ),
    ])
  func plansThatCannotGoBackSaySo(plan: String, message: String) throws {
    let sampler = try ToyFlow.sampler(plan)
    let draws = SampleDraws(seed: 1, labels: .random, classes: 1)
    let error = #expect(throws: InvalidField.self) {
      try sampler.sample(
        noise: ToyFlow.column([1]), labels: [0], diffusion: draws.diffusion(0..<1), over: .backward)
    }
    #expect(error?.description == message)
  }

  @Test func plansOfOwnStepsPassTheWholePathOnly() throws {
    let half = try TimeSpan(from: 0.5, to: 1)
    for plan in ["dopri5", "adaptive:4"] {
      let plan = try SamplingPlan(plan)
      try plan.validate(.init(), over: .whole)
      #expect(throws: InvalidField.self) { try plan.validate(.init(), over: half) }
      #expect(throws: InvalidField.self) {
        try plan.validate(.init(), over: .whole, isChanged: true)
      }
    }
    try SamplingPlan("sde:4").validate(.init(), over: half, isChanged: true)
  }

  /// Steps of negative length, and log-SNR from its other end: the equation's own solution.
  @Test(arguments: fixedSteps)
  func backwardIsTheSolutionBackward(plan: String) throws {
    var settings = SolverSettings()
    settings.times = plan.contains("2m") || plan.contains("unipc") ? .cosine : .uniform
    let sampler = try ToyFlow.sampler(plan, settings: settings)
    let end = try sampler.sample(
      noise: ToyFlow.column([Float(ToyFlow.exact)]), labels: [0], over: .backward
    ).array()[0]
    let tolerance = plan.hasPrefix("euler") ? 0.02 : 2e-3
    #expect(abs(end - 1) < Float(tolerance), "\(end)")
  }

  @Test(arguments: fixedSteps)
  func aPartIsTheSolutionOfThatPart(plan: String) throws {
    let sampler = try ToyFlow.sampler(plan)
    let span = try TimeSpan(from: 0.4, to: 1)
    let end = try sampler.sample(noise: ToyFlow.column([2]), labels: [0], over: span).array()[0]
    let exact = 2 * exp(0.3 * 0.6 + sin(1.0) - sin(0.4))
    let tolerance = plan.hasPrefix("euler") ? 0.02 : 2e-3
    #expect(abs(Double(end) - exact) < tolerance, "\(end), not \(exact)")
  }

  /// Log-SNR solvers from data to noise are of their order, too.
  @Test(arguments: [("dpm++2m", 2.0), ("unipc2", 3), ("rk4", 4), ("ab3", 3)])
  func backwardStepsAreOfTheirOrder(solver: (name: String, order: Double)) throws {
    var settings = SolverSettings()
    settings.times = .cosine
    let steps = solver.order == 4 ? [12, 16, 24] : [32, 48, 64]
    let points = try steps.map { steps in
      let end = try Sampler(
        executor: ReferenceExecutor<Double>(), field: ToyFlow.turning, predictorWeights: [:],
        plan: SamplingPlan("\(solver.name):\(steps)"), settings: settings
      ).sample(noise: ToyFlow.column([Float(ToyFlow.turned)]), labels: [0], over: .backward)
      return (x: -log(Double(steps)), y: log(abs(Double(end.array()[0]) - 1)))
    }
    let slope =
      (points[2].y - points[0].y) / (points[2].x - points[0].x)
    #expect(abs(slope - solver.order) < 0.5, "\(slope)")
  }

  /// There and back on a network: guidance, modulations at all times, both directions.
  @Test(arguments: [1, 1.5])
  func thereAndBackIsWhereItBegan(scale: Double) throws {
    let networks = try ToyNetworks()
    let sampler = try networks.sampler("rk4:64", scale: scale, channels: .all)
    let data = networks.noise(0..<2)
    let noise = try sampler.sample(noise: data, labels: [1, 4], over: .backward)
    let back = try sampler.sample(noise: noise, labels: [1, 4])
    #expect(relativeDifference(noise.array(), data.array()) > 0.1)
    let error = zip(back.array(), data.array()).map { abs($0 - $1) }.max() ?? .infinity
    #expect(error < 1e-4, "\(error)")
  }

  /// Refiner and pseudo corrector run backward; on an exact refiner they are Heun's method.
  @Test func refinerStepsGoBackward() throws {
    let sampler = try ToyFlow.sampler("H4P4R8", variant: .integrator)
    let end = try sampler.sample(
      noise: ToyFlow.column([Float(ToyFlow.exact)]), labels: [0], over: .backward
    ).array()[0]
    #expect(abs(end - 1) < 5e-3, "\(end)")
  }

  @Test func anEmptySpanChangesNothing() throws {
    let sampler = try ToyFlow.sampler("H4", scale: 2)
    let span = try TimeSpan(from: 1, to: 1)
    let end = try sampler.sample(noise: ToyFlow.column([3, -1]), labels: [0, 1], over: span)
    #expect(end.array() == [3, -1])
    #expect(sampler.evaluations.predictor == 0)
    #expect(
      try sampler.evaluations(latentShape: [1], over: span) == .init(predictor: 0, refiner: 0))
  }
}
