import Synchronization
import Testing

@testable import Evaluation

@Suite struct LinearAlgebraTests {
  @Test func spectraAreKnown() throws {
    // The upper triangle alone is read.
    let values = try Spectrum.eigenvalues([2, 1, 99, 2], order: 2, of: "test")
    #expect(largestError(values, [1, 3]) < 1e-15)
    let (sorted, rows) = try Spectrum.eigenvectors([2, 1, 99, 2], order: 2, of: "test")
    #expect(largestError(sorted, [1, 3]) < 1e-15)
    #expect(abs(rows[0] + rows[1]) < 1e-15 && abs(rows[2] - rows[3]) < 1e-15)
    // Two rows of length 5 and 13 at right angles.
    let singular = try Spectrum.singularValues(
      [3, 0, 4, 0, 13, 0], rows: 2, columns: 3, of: "test")
    #expect(largestError(singular, [13, 5]) < 1e-15)
    #expect(try Spectrum.eigenvalues([], order: 0, of: "test") == [])
    #expect(try Spectrum.singularValues([], rows: 0, columns: 4, of: "test") == [])
  }

  @Test(arguments: [(1, 1, 1), (300, 3, 40), (513, 270, 7)])
  func productsAreThoseOfRows(m: Int, n: Int, depth: Int) throws {
    let a = try Sets.normal(m, depth, seed: 1).values.map(Double.init)
    let b = try Sets.normal(n, depth, seed: 2).values.map(Double.init)
    var expected = [Double](repeating: 0, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        for k in 0..<depth { expected[i * n + j] += a[i * depth + k] * b[j * depth + k] }
      }
    }
    #expect(largestError(Gram.product(a, rows: m, b, rows: n, depth: depth), expected) < 1e-14)
  }

  @Test func mirroringKeepsTheUpperTriangle() {
    let d = 150
    var matrix = (0..<d * d).map { Double($0) }
    Gram.mirror(&matrix, order: d)
    let isMirrored = (0..<d).allSatisfy { i in
      (0..<d).allSatisfy { j in matrix[i * d + j] == Double(min(i, j) * d + max(i, j)) }
    }
    #expect(isMirrored)
  }

  /// Of full rank, of less, and with noise that only eigenvalues tell from rank.
  @Test(arguments: [(60, 20, 20), (12, 20, 11), (300, 280, 280), (2, 9, 1)])
  func factorsGiveTheCovarianceBack(rows: Int, columns d: Int, rank: Int) throws {
    let covariance = try Sets.moments(Sets.normal(rows, d, seed: 1, mean: 2)).covariance
    let noisy = covariance.map { Double(Float($0)) }
    for (matrix, accuracy) in [(covariance, 1e-13), (noisy, 3e-6)] {
      let factor = try CovarianceFactor(matrix, order: d, of: "test")
      #expect(factor.rank == rank)
      #expect(factor.permutation.sorted() == Array(0..<d))
      var product = [Double](repeating: 0, count: d * d)
      Gram.add(factor.rows, rows: rank, columns: d, to: &product)
      var expected = product
      for i in 0..<d {
        for j in i..<d {
          expected[i * d + j] = covariance[factor.permutation[i] * d + factor.permutation[j]]
        }
      }
      #expect(largestError(product, expected) < accuracy)
    }
  }

  /// G·S·Gᵀ by blocks against plain products, for both kinds of factor.
  @Test(arguments: [140, 300])
  func congruencesAreProducts(d: Int) throws {
    let first = try Sets.moments(Sets.normal(2 * d, d, seed: 1)).covariance
    let second = try Sets.moments(Sets.normal(2 * d, d, seed: 2)).covariance
    let factor = try CovarianceFactor(first, order: d, of: "test")
    // The same matrix with its columns where they belong, and no zeros to skip.
    var rows = factor.rows
    for i in 0..<d {
      for j in 0..<d { rows[i * d + factor.permutation[j]] = factor.rows[i * d + j] }
    }
    let plain = CovarianceFactor(rows: rows, rank: d, order: d)
    #expect(factor.isTrapezoidal && !plain.isTrapezoidal)
    let half = Gram.product(rows, rows: d, second, rows: d, depth: d)
    var expected = Gram.product(half, rows: d, rows, rows: d, depth: d)
    for i in 0..<d {
      for j in 0..<i { expected[i * d + j] = 0 }
    }
    for found in [factor.congruence(second), plain.congruence(second)] {
      // Blocks on the diagonal are whole; what is below it is not read.
      let upper = (0..<d * d).map { $0 % d < $0 / d ? 0 : found[$0] }
      #expect(largestError(upper, expected) < 1e-13)
    }
  }

  @Test func workersDoEverythingOnceAndStopAtAnError() throws {
    #expect(try Workers.map(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
    #expect(try Workers.map(0) { $0 } == [])
    let done = Atomic<Int>(0)
    expectInputError("lonely") {
      _ = try Workers.map(100_000) { index in
        done.add(1, ordering: .relaxed)
        if index == 3 { _ = try Sets.moments(Sets.rows([[1]], name: "lonely")) }
        return index
      }
    }
    #expect(done.load(ordering: .relaxed) < 100_000)
  }
}
