import Testing

@testable import Evaluation

@Suite struct FrechetDistanceTests {
  /// H·diag(λ)·H with the reflection H = 1 − 2·v·vᵀ of a fixed unit vector.
  private func covariance(_ eigenvalues: [Double]) -> [Double] {
    let d = eigenvalues.count
    var v = (0..<d).map { 1 + Double($0 % 5) }
    let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for i in v.indices { v[i] /= length }
    // H·Λ·H = Λ − 2·(v·wᵀ + w·vᵀ) + 4·c·v·vᵀ,  w = Λ·v, c = vᵀ·w
    let w = zip(v, eigenvalues).map { $0 * $1 }
    let c = zip(v, w).reduce(0) { $0 + $1.0 * $1.1 }
    var matrix = [Double](repeating: 0, count: d * d)
    for i in 0..<d {
      for j in 0..<d {
        matrix[i * d + j] =
          (i == j ? eigenvalues[i] : 0) - 2 * (v[i] * w[j] + w[i] * v[j]) + 4 * c * v[i] * v[j]
      }
    }
    return matrix
  }

  private func moments(
    _ name: String = "set", mean: [Double]? = nil, eigenvalues: [Double], count: Int? = nil
  ) throws -> FeatureMoments {
    try FeatureMoments(
      name, count: count, mean: mean ?? eigenvalues.map { _ in 0 },
      covariance: covariance(eigenvalues))
  }

  /// Covariances with common eigenvectors: the distance is Σ (√a − √b)² and the means'.
  @Test(arguments: [1, 2, 17, 400])
  func commonEigenvectorsHaveAClosedForm(d: Int) throws {
    let a = (0..<d).map { 1 + Double($0 * 7 % 11) }
    let b = (0..<d).map { 0.5 + Double($0 * 3 % 13) }
    let mean = (0..<d).map { Double($0 % 3) }
    let distance = try FrechetDistance.between(
      moments(mean: mean, eigenvalues: a), moments(eigenvalues: b))
    let means = mean.reduce(0) { $0 + $1 * $1 }
    let roots = zip(a, b).reduce(0) {
      let difference = $1.0.squareRoot() - $1.1.squareRoot()
      return $0 + difference * difference
    }
    #expect(distance.meanTerm == means)
    #expect(agree(distance.value, means + roots, 1e-11))
    #expect(distance.warnings == [])
  }

  /// Eigenvalues alone would lose half of the digits of the small ones here.
  @Test(arguments: [20, 400])
  func wideSpectraKeepTheirDigits(d: Int) throws {
    let a = (0..<d).map { $0 % 2 == 0 ? 1 : 1e-9 }
    let b = (0..<d).map { $0 % 2 == 0 ? 1 : 4e-9 }
    let distance = try FrechetDistance.between(moments(eigenvalues: a), moments(eigenvalues: b))
    // 1e-9·(1 − 2)² for each of the small ones.
    #expect(abs(distance.value - Double(d / 2) * 1e-9) < 1e-12 * Double(d))
  }

  @Test(arguments: [(300, 20), (30, 60), (500, 400), (395, 450)])
  func equalSetsHaveNoDistance(rows: Int, columns: Int) throws {
    let set = try Sets.normal(rows, columns, seed: 1, mean: 3)
    let moments = try Sets.moments(set)
    let distance = try FrechetDistance.between(moments, moments)
    #expect(abs(distance.value) < 1e-8 * moments.trace)
    #expect(distance.meanTerm == 0)
    #expect(abs(try FrechetDistance.between(set, set).value) < 1e-8 * moments.trace)
  }

  /// Rank 1 each: tr (a·aᵀ·b·bᵀ)^½ = |aᵀb|.
  @Test func twoRowsEach() throws {
    let first = try Sets.rows([[1, 0, 0], [3, 2, 0]], name: "first")
    let second = try Sets.rows([[0, 0, 1], [0, 4, 1]], name: "second")
    // Halves of the difference times √2: a = (√2, √2, 0), b = (0, 2√2, 0); aᵀb = 4.
    let expected: Double = 4 + 1 + 1 + (4 + 8 - 2 * 4)
    for distance in [
      try FrechetDistance.between(first, second),
      try FrechetDistance.between(Sets.moments(first), Sets.moments(second)),
    ] {
      #expect(agree(distance.value, expected, 1e-14))
      #expect(
        distance.warnings == [
          .rankDeficient(set: "first", count: 2, dimensions: 3),
          .rankDeficient(set: "second", count: 2, dimensions: 3),
        ])
    }
  }

  @Test func orthogonalSpacesShareNothing() throws {
    let d = 30
    let first = (0..<d).map { $0 < 15 ? 2.0 : 0 }
    let second = (0..<d).map { $0 < 15 ? 0 : 3.0 }
    let distance = try FrechetDistance.between(
      moments(eigenvalues: first), moments(eigenvalues: second))
    #expect(agree(distance.value, 15 * 2 + 15 * 3, 1e-12))
  }

  @Test func constantFeaturesHaveNoCovariance() throws {
    let constant = try Sets.rows([[1, 2], [1, 2], [1, 2]])
    let other = try Sets.rows([[4, 6], [4, 6]])
    #expect(try FrechetDistance.between(constant, other).value == 25)
    #expect(
      try FrechetDistance.between(Sets.moments(constant), Sets.moments(other)).value == 25)
    let spread = try Sets.rows([[0, 2], [2, 2]])
    #expect(try FrechetDistance.between(Sets.moments(constant), Sets.moments(spread)).value == 2)
  }

  /// The ways to the trace agree: rows as factors, eigenvalues and singular values of factors.
  @Test(arguments: [
    (40, 60, 100), (390, 380, 420), (395, 390, 420), (900, 50, 60), (900, 800, 400),
  ])
  func allWaysAgree(n: Int, m: Int, d: Int) throws {
    let first = try Sets.normal(n, d, seed: 1, mean: 1)
    let second = try Sets.normal(m, d, seed: 2, spread: 2)
    let distance = try FrechetDistance.between(Sets.moments(first), Sets.moments(second))
    let (a, b) = (
      try CovarianceFactor(Sets.moments(first)), try CovarianceFactor(Sets.moments(second))
    )
    #expect(a.rank == min(n - 1, d) && b.rank == min(m - 1, d))
    let nuclear = try Spectrum.singularValues(
      a.cross(b), rows: a.rank, columns: b.rank, of: "test"
    ).reduce(0, +)
    let traces = try Sets.moments(first).trace + Sets.moments(second).trace
    #expect(agree(distance.covarianceTerm, traces - 2 * nuclear, 1e-9))
    #expect(agree(distance.value, try FrechetDistance.between(first, second).value, 1e-9))
    let exchanged = try FrechetDistance.between(second, first)
    #expect(agree(distance.value, exchanged.value, 1e-9))
  }

  @Test func aThousandfoldScaleIsAMillionfoldDistance() throws {
    let (a, b) = (try Sets.normal(50, 8, seed: 1), try Sets.normal(60, 8, seed: 2, mean: 1))
    let scaled = try [a, b].map {
      try FeatureMatrix(
        "set", rows: $0.rows, columns: 8, values: $0.values.map { $0 * 0x1p50 })
    }
    let value = try FrechetDistance.between(Sets.moments(a), Sets.moments(b)).value
    let large = try FrechetDistance.between(Sets.moments(scaled[0]), Sets.moments(scaled[1])).value
    #expect(agree(large, value * 0x1p100, 1e-12))
  }

  // MARK: Negative eigenvalues

  @Test func roundingOfSinglePrecisionIsForgiven() throws {
    // Rank 9 of 40, stored in float32: half of the zeros become negative.
    let (a, b) = (try Sets.normal(10, 40, seed: 1, spread: 3), try Sets.normal(90, 40, seed: 2))
    let exact = try FrechetDistance.between(Sets.moments(a), Sets.moments(b)).value
    let rounded = try [a, b].map { set in
      let moments = try Sets.moments(set)
      return try FeatureMoments(
        "rounded", count: nil, mean: moments.mean,
        covariance: moments.covariance.map { Double(Float($0)) })
    }
    let lowest = try Spectrum.eigenvalues(rounded[0].covariance, order: 40, of: "rounded")[0]
    #expect(lowest < -1e-9)
    #expect(try CovarianceFactor(rounded[0]).rank == 9)
    #expect(agree(try FrechetDistance.between(rounded[0], rounded[1]).value, exact, 1e-5))
  }

  @Test func noCovarianceIsAnError() throws {
    let good = try moments(eigenvalues: [1, 1, 1])
    for eigenvalues in [[1, 1, -1e-3], [-1, -1, -1], [0, 0, -1e-12]] {
      let bad = try moments("broken.npz", eigenvalues: eigenvalues)
      expectInputError("covariance of broken.npz", "negative eigenvalues") {
        _ = try FrechetDistance.between(good, bad)
      }
    }
  }

  // MARK: Errors

  @Test func whatHasNoDistanceIsAnError() throws {
    let (two, three) = (try Sets.normal(5, 2, seed: 1), try Sets.normal(5, 3, seed: 1))
    expectInputError("2 feature dimensions", "found 3") {
      _ = try FrechetDistance.between(Sets.moments(two), Sets.moments(three))
    }
    expectInputError("expected 2 features", "found 3") {
      _ = try FrechetDistance.between(two, three)
    }
    let one = try Sets.rows([[1, 2]], name: "lonely")
    expectInputError("lonely", "at least 2") { _ = try FrechetDistance.between(two, one) }
    expectInputError("lonely", "at least 2") { _ = try FrechetDistance.between(one, one) }
  }

  @Test func momentsMustFit() throws {
    func read(_ mean: [Double], _ covariance: [Double]) throws {
      _ = try FeatureMoments("stats.npz", count: nil, mean: mean, covariance: covariance)
    }
    expectInputError("stats.npz") { try read([], []) }
    expectInputError("stats.npz") { try read([1, 2], [1, 0, 0]) }
    expectInputError("stats.npz", "finite") { try read([1, 2], [1, 0, 0, .infinity]) }
    expectInputError("stats.npz", "finite") { try read([1, .nan], [1, 0, 0, 1]) }
    expectInputError("stats.npz", "symmetric", "row 0, column 1") {
      try read([1, 2], [1, 0.5, 0.4, 1])
    }
    try read([1, 2], [1, 0.5, 0.5 + 1e-8, 1])
  }

  @Test func theErrorOfRootsIsBounded() {
    #expect(FrechetDistance.rootError([1, 1, 1]) < 1e-14)
    // √(ε) where nothing is left of an eigenvalue.
    #expect(FrechetDistance.rootError([0, 1]) > 1e-8)
    #expect(FrechetDistance.rootError([]) == 0)
  }
}
