import Diagnostics
import Foundation
import ReferenceExecutor
import TensorGraph
import Testing

@testable import Sampling

@Suite struct LikelihoodTests {
  private let points: [[Float]] = [
    [1.5, -0.5, 0.25], [0.9, 0.2, -0.1], [2.5, -1.5, 1], [0, 0, 0],
  ]

  /// The whole formula: signs, the prior, the direction of time, both classes.
  @Test(
    arguments: [
      ("rk4:40", 1e-4), ("dopri5", 1e-4), ("bs3", 1e-4), ("ab3:200", 1e-3), ("heun:100", 6e-3),
      ("midpoint:100", 6e-3),
    ], [Int32(0), 1])
  func gaussianDataHasItsDensity(solver: (plan: String, error: Double), label: Int32) throws {
    let plan = solver.plan
    let gaussian = KnownDensities.Gaussian()
    let found = try KnownDensities.likelihoods(
      gaussian.field(), points, label: label, KnownDensities.options(plan, tolerance: 1e-7))
    for (point, likelihood) in zip(points, found) {
      let expected = gaussian.logDensity(point, mean: label == 0 ? gaussian.mean : [0, 0, 0])
      // Float32 keeps 7 digits of densities down to −300.
      let tolerance = solver.error * max(1, abs(expected) / 30)
      #expect(
        abs(likelihood.logDensity - expected) < tolerance,
        "\(plan) \(point): \(likelihood.logDensity) for \(expected)")
      let bits = -expected / (3 * log(2))
      #expect(abs(likelihood.bitsPerDimension - bits) < tolerance)
      #expect(likelihood.dimensions == 3 && likelihood.divergenceError == 0)
    }
  }

  /// What guidance of this flow adds is known, too: a Gaussian's mean moves on.
  @Test func theGuidedFlowHasADensityOfItsOwn() throws {
    let gaussian = KnownDensities.Gaussian()
    let found = try KnownDensities.likelihoods(
      gaussian.field(scale: 2), points, KnownDensities.options("rk4:40"))
    for (point, likelihood) in zip(points, found) {
      let expected = gaussian.logDensity(point, mean: gaussian.mean.map { 2 * $0 })
      #expect(
        abs(likelihood.logDensity - expected) < 1e-4 * max(1, abs(expected) / 30),
        "\(likelihood.logDensity) for \(expected)")
    }
  }

  @Test func aLinearFieldHasItsTrace() throws {
    let linear = KnownDensities.Linear()
    for plan in ["euler:3", "rk4:3", "dopri5"] {
      for likelihood in try KnownDensities.likelihoods(
        linear.field, points, KnownDensities.options(plan))
      {
        #expect(abs(likelihood.divergence - linear.trace) < 1e-5, "\(plan)")
      }
    }
    // A rotation with growth e^a: the noise is the data, turned, over e^a.
    let turning = KnownDensities.Linear(matrix: [0.5, -2, 0, 2, 0.5, 0, 0, 0, 0.5])
    let found = try KnownDensities.likelihoods(
      turning.field, points, KnownDensities.options("rk4:40"))
    for (point, likelihood) in zip(points, found) {
      let square = point.reduce(0) { $0 + Double($1 * $1) } * exp(-1)
      let prior = -0.5 * (square + 3 * log(2 * .pi))
      #expect(abs(likelihood.logPrior - prior) < 1e-5)
      #expect(abs(likelihood.logDensity - (prior - 1.5)) < 2e-5)
      let bits = likelihood.priorBits + likelihood.divergenceBits
      #expect(abs(bits - likelihood.bitsPerDimension) < 1e-12)
      #expect(abs(likelihood.divergenceBits - 0.5 / log(2)) < 1e-5)
    }
  }

  /// The orders of the rules hold for the density, too.
  @Test(
    arguments: [
      ("euler", [64, 96, 128], 1.0), ("heun", [16, 24, 32], 2), ("midpoint", [16, 24, 32], 2),
      ("rk4", [8, 12, 16], 4), ("ab2", [32, 48, 64], 2),
    ])
  func errorsFallByTheOrder(solver: (name: String, steps: [Int], order: Double)) throws {
    let gaussian = KnownDensities.Gaussian()
    let point: [Float] = [0.9, 0.2, -0.1]
    let expected = gaussian.logDensity(point, mean: gaussian.mean)
    let errors = try solver.steps.map { steps in
      let found = try KnownDensities.likelihoods(
        gaussian.field(), [point], KnownDensities.options("\(solver.name):\(steps)"))
      return abs(found[0].logDensity - expected)
    }
    let steps = solver.steps
    let order =
      log(errors[0] / errors[2]) / log(Double(steps[2]) / Double(steps[0]))
    #expect(
      abs(order - solver.order) < 0.3 + solver.order / 10,
      "\(solver.name): \(order), errors \(errors)")
  }

  /// Means within four standard errors, and the errors themselves as large as theory says.
  @Test(arguments: ProbeDistribution.allCases)
  func hutchinsonIsUnbiased(distribution: ProbeDistribution) throws {
    let linear = KnownDensities.Linear()
    let probes = 32
    let found = try KnownDensities.likelihoods(
      linear.field, Array(repeating: points[1], count: 128),
      KnownDensities.options("euler:2", .hutchinson(distribution, probes: probes)))
    let count = Double(found.count)
    let mean = found.reduce(0) { $0 + $1.divergence } / count
    let error = (linear.variance(distribution) / (count * Double(probes))).squareRoot()
    #expect(abs(mean - linear.trace) < 4 * error, "\(mean) for \(linear.trace) ± \(error)")
    // Standard errors of single estimates, as probes tell them and as estimates scatter.
    let expected = linear.variance(distribution) / Double(probes)
    let told = found.reduce(0) { $0 + pow($1.divergenceError ?? 0, 2) } / count
    let scattered = found.reduce(0) { $0 + pow($1.divergence - mean, 2) } / (count - 1)
    #expect(abs(told / expected - 1) < 0.15, "\(told) for \(expected)")
    #expect(abs(scattered / expected - 1) < 0.5, "\(scattered) for \(expected)")
    // The prior knows no probes.
    #expect(Set(found.map(\.logPrior)).count == 1)
  }

  /// Signs square to 1: a Jacobian that is diagonal needs a single probe.
  @Test func signsAreExactForDiagonalJacobians() throws {
    let gaussian = KnownDensities.Gaussian()
    func found(_ trace: TraceEstimator) throws -> [Double] {
      try KnownDensities.likelihoods(
        gaussian.field(), points, KnownDensities.options("rk4:10", trace)
      ).map(\.divergence)
    }
    let exact = try found(.exact)
    let signs = try found(.hutchinson(.rademacher, probes: 1))
    let normal = try found(.hutchinson(.gaussian, probes: 1))
    #expect(zip(exact, signs).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(zip(exact, normal).allSatisfy { abs($0 - $1) > 1e-3 })
    let single = try KnownDensities.likelihoods(
      gaussian.field(), points, KnownDensities.options("rk4:2", .hutchinson(.gaussian, probes: 1)))
    #expect(single.allSatisfy { $0.divergenceError == nil && $0.errorBits == nil })
  }

  @Test func timesCountFromNoise() throws {
    let gaussian = KnownDensities.Gaussian()
    func error(_ times: TimeSpacing) throws -> Double {
      let expected = gaussian.logDensity(points[1], mean: gaussian.mean)
      let found = try KnownDensities.likelihoods(
        gaussian.field(), [points[1]], KnownDensities.options("euler:4", times: times))
      return found[0].logDensity - expected
    }
    let shifted = TimeSpacing.shift(3)
    let listed = TimeSpacing.list((0...4).map { shifted.time(Double($0) / 4) })
    #expect(abs(try error(shifted) - error(listed)) < 1e-5)
    #expect(abs(try error(shifted) - error(.uniform)) > 0.01)
    for spacing in [TimeSpacing.uniform, .cosine, .shift(3), .shift(0.4)] {
      for u in [0, 0.2, 0.5, 0.9, 1] {
        #expect(abs(spacing.reversed.time(u) - (1 - spacing.time(1 - u))) < 1e-12)
      }
    }
  }

  @Test func evaluationsAreCounted() throws {
    let estimator = try LikelihoodEstimator(
      executor: ReferenceExecutor<Float>(), field: KnownDensities.Linear().field, weights: [:],
      latentShape: [3], options: KnownDensities.options("rk4:5"))
    var steps = 0
    estimator.willRunStep = { steps += 1 }
    _ = try estimator(
      HostTensor([Float](repeating: 1, count: 6), shape: [2, 3]), labels: [0, 0],
      probes: ProbeDraws(seed: 0), indices: [0, 1])
    #expect(estimator.evaluations == 2 * 20 && estimator.samples == 2 && steps == 5)
  }

  @Test(arguments: [
    "H4", "H2P2", "sde:8", "unipc2:4", "dpm++2m:4", "adaptive:4", "dopri5:3", "sde-heun:4",
  ])
  func plansOfOtherEquationsAreRefused(plan: String) throws {
    let options = try KnownDensities.options(plan)
    let error = #expect(throws: InvalidField.self) { try options.validate() }
    #expect(error.map { "\($0)" }?.contains("rk4:N") == true)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let field = KnownDensities.Linear().field
    for probes in [0, 65] {
      let options = try KnownDensities.options("rk4:2", .hutchinson(.gaussian, probes: probes))
      #expect(throws: InvalidField.self) { try options.validate() }
    }
    let large = #expect(throws: InputError.self) {
      try LikelihoodEstimator(
        executor: ReferenceExecutor<Float>(), field: field, weights: [:], latentShape: [257],
        options: KnownDensities.options("rk4:2"))
    }
    #expect(large?.description.contains("at most 256 dimensions, found 257") == true)
    let estimator = try LikelihoodEstimator(
      executor: ReferenceExecutor<Float>(), field: field, weights: [:], latentShape: [3],
      options: KnownDensities.options("rk4:2"))
    for (shape, labels, indices) in [
      (Shape([2, 3]), [Int32(0)], [0, 1]), ([1, 4], [0], [0]), ([2, 3], [0, 0], [0]),
    ] {
      #expect(throws: InputError.self) {
        try estimator(
          HostTensor(shape: shape), labels: labels, probes: ProbeDraws(seed: 0), indices: indices)
      }
    }
  }
}
