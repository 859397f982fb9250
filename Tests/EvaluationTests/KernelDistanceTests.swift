import Foundation
import Testing

@testable import Evaluation

@Suite struct KernelDistanceTests {
  /// The definition, pair by pair.
  private func exact(_ x: FeatureMatrix, _ y: FeatureMatrix, _ kernel: PolynomialKernel) -> Double {
    func sum(_ a: FeatureMatrix, _ b: FeatureMatrix, same: Bool) -> Double {
      var sum = 0.0
      for i in 0..<a.rows {
        for j in 0..<b.rows where !same || i != j {
          let product = zip(a.row(i), b.row(j)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
          sum += pow(
            product * (kernel.gamma ?? 1 / Double(a.columns)) + kernel.offset,
            Double(kernel.degree))
        }
      }
      return sum
    }
    let (m, n) = (Double(x.rows), Double(y.rows))
    return sum(x, x, same: true) / (m * (m - 1)) + sum(y, y, same: true) / (n * (n - 1))
      - 2 * sum(x, y, same: false) / (m * n)
  }

  @Test(arguments: [(2, 2), (30, 20), (260, 3)])
  func fullEqualsTheDefinition(m: Int, n: Int) throws {
    let (x, y) = (try Sets.normal(m, 2, seed: 1), try Sets.normal(n, 2, seed: 2, mean: 0.5))
    for kernel in [
      PolynomialKernel(), PolynomialKernel(degree: 1), PolynomialKernel(degree: 2, gamma: 0.5),
      PolynomialKernel(degree: 4, gamma: 0.1, offset: -2),
    ] {
      #expect(
        agree(try KernelDistance.full(x, y, kernel: kernel), exact(x, y, kernel), 1e-11))
    }
  }

  @Test func subsetsAreThoseOfNumPy() throws {
    let (x, y) = (try Sets.normal(40, 3, seed: 1), try Sets.normal(30, 3, seed: 2, mean: 1))
    let subsets = KernelSubsets(count: 5, size: 12)
    let rows = try subsets.rows(first: 40, second: 30)
    // RandomState(2020).choice(40, 12, replace=False), then of 30.
    #expect(rows[0].first.prefix(4) == [22, 15, 30, 2])
    #expect(rows[0].second.prefix(4) == [28, 27, 12, 7])
    #expect(rows[4].second.prefix(4) == [1, 4, 7, 2])
    let expected = try rows.map {
      exact(try x.selecting($0.first), try y.selecting($0.second), PolynomialKernel())
    }
    let distance = try KernelDistance.between(x, y, subsets: subsets)
    #expect(largestError(distance.subsetValues, expected) < 1e-12)
    let mean = expected.reduce(0, +) / 5
    let variance = expected.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5
    #expect(agree(distance.value, mean, 1e-12))
    #expect(agree(distance.standardDeviation, variance.squareRoot(), 1e-10))
    #expect(agree(distance.standardError ?? 0, (variance / 4).squareRoot(), 1e-10))
  }

  @Test func subsetsOfAllRowsAreTheFullDistance() throws {
    let (x, y) = (try Sets.normal(20, 3, seed: 1), try Sets.normal(20, 3, seed: 2))
    let distance = try KernelDistance.between(x, y, subsets: KernelSubsets(count: 1, size: 20))
    #expect(abs(distance.value - (try KernelDistance.full(x, y))) < 1e-12)
    #expect(distance.standardError == nil)
  }

  @Test func theEstimateIsUnbiased() throws {
    // Sets alike: values on both sides of 0, unlike those of the biased estimate.
    let values = try (0..<20).map { (index: UInt64) -> Double in
      let (x, y) = (
        try Sets.normal(30, 2, seed: 2 * index), try Sets.normal(30, 2, seed: 2 * index + 1)
      )
      return try KernelDistance.full(x, y)
    }
    let negative = values.count { $0 < 0 }
    #expect((4...16).contains(negative))
  }

  @Test func whatHasNoDistanceIsAnError() throws {
    let (x, y) = (try Sets.normal(10, 3, seed: 1), try Sets.normal(20, 3, seed: 2))
    expectInputError("KID", "at least 1000", "10 and 20") { _ = try KernelDistance.between(x, y) }
    for (count, size) in [(0, 5), (1, 1), (-1, 5), (1, -5), (.max, 5), (1 << 40, 5)] {
      expectInputError("KID") {
        _ = try KernelDistance.between(x, y, subsets: KernelSubsets(count: count, size: size))
      }
    }
    for kernel in [
      PolynomialKernel(degree: 0), PolynomialKernel(degree: .max), PolynomialKernel(gamma: .nan),
      PolynomialKernel(offset: .infinity),
    ] {
      expectInputError("kernel") { _ = try KernelDistance.full(x, y, kernel: kernel) }
    }
    expectInputError("3 features") { _ = try KernelDistance.full(x, Sets.normal(9, 2, seed: 1)) }
    let large = try Sets.normal(5, 3, seed: 1, spread: 1e30, name: "large")
    expectInputError("KID of large and large", "degree 9") {
      _ = try KernelDistance.full(large, large, kernel: PolynomialKernel(degree: 9))
    }
    expectInputError("lonely") {
      _ = try KernelDistance.full(x, Sets.normal(1, 3, seed: 1, name: "lonely"))
    }
  }
}
