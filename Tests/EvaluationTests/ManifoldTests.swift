import Testing

@testable import Evaluation

@Suite struct ManifoldTests {
  /// Everything by its definition, in double precision.
  private struct Exact {
    var precision, recall, density, coverage: Double

    init(_ reference: FeatureMatrix, _ samples: FeatureMatrix, _ rule: ManifoldRule) {
      func radii(_ set: FeatureMatrix) -> [Double] {
        (0..<set.rows).map { set.squaredDistances($0, set).sorted()[rule.neighbours] }
      }
      func isInside(_ distance: Double, _ radius: Double) -> Bool {
        rule.includesBoundary ? distance <= radius : distance < radius
      }
      let (real, fake) = (radii(reference), radii(samples))
      let distances = (0..<reference.rows).map { reference.squaredDistances($0, samples) }
      let balls = (0..<samples.rows).map { j in
        reference.rowRange.count { isInside(distances[$0][j], real[$0]) }
      }
      precision = Double(balls.count { $0 > 0 }) / Double(samples.rows)
      recall =
        Double(
          reference.rowRange.count { i in
            samples.rowRange.contains { isInside(distances[i][$0], fake[$0]) }
          }) / Double(reference.rows)
      density = Double(balls.reduce(0, +)) / Double(rule.neighbours * samples.rows)
      coverage =
        Double(
          reference.rowRange.count { i in
            samples.rowRange.contains { isInside(distances[i][$0], real[i]) }
          }) / Double(reference.rows)
    }

    func agrees(_ found: ManifoldMetrics, within: Double) -> Bool {
      abs(found.precision - precision) <= within && abs(found.recall - recall) <= within
        && abs(found.density - density) <= within && abs(found.coverage - coverage) <= within
    }
  }

  private func metrics(
    _ reference: FeatureMatrix, _ samples: FeatureMatrix, _ rule: ManifoldRule
  ) throws -> ManifoldMetrics {
    try #require(
      try ManifoldMetrics.between(reference: reference, samples: samples, rules: [rule]).first)
  }

  // MARK: Radii

  @Test func radiiOnALine() throws {
    let line = try Sets.rows([[0], [1], [3], [7]])
    let radii = try NeighbourRadii(line, neighbours: [1, 2, 3])
    #expect(radii[1] == [1, 1, 4, 16])
    #expect(radii[2] == [9, 4, 9, 36])
    #expect(radii[3] == [49, 36, 16, 49])
    #expect(radii[4] == nil)
  }

  @Test func equalRowsAreNeighboursAtNoDistance() throws {
    // 1/3 and 2/7 are rounded, so that products of them are too.
    let row: [Float] = [1.0 / 3, 2.0 / 7, 1e3, -5]
    let set = try Sets.rows([row, row, [9, 9, 9, 9], row, [8, 9, 9, 9]])
    #expect(
      try NeighbourRadii(set, neighbours: [2])[2]?.enumerated().filter { $1 == 0 }.map(\.0) == [
        0, 1, 3,
      ])
  }

  @Test func neighboursMustExist() throws {
    let line = try Sets.rows([[0], [1], [3]], name: "few")
    for k in [3, 0, -1, .max] {
      expectInputError("few", "found 3") { _ = try NeighbourRadii(line, neighbours: [1, k]) }
    }
    expectInputError("few", "found 0") {
      _ = try NeighbourRadii(line.part(0..<0), neighbours: [1])
    }
    let many = try FeatureMatrix(
      "many", rows: 20_000, columns: 1, values: [Float](repeating: 0, count: 20_000))
    expectInputError("many", "at most 13420 neighbours") {
      _ = try NeighbourRadii(many, neighbours: [19_999])
    }
    expectInputError("far", "single precision") {
      _ = try NeighbourRadii(Sets.rows([[0], [3e38], [0]], name: "far"), neighbours: [1])
    }
  }

  /// Across the borders of tiles, and with few and many columns.
  @Test(arguments: [(1, 2), (3, 513), (17, 530), (40, 50)])
  func radiiEqualTheDefinition(columns: Int, rows: Int) throws {
    let set = try Sets.normal(rows, columns, seed: 1, mean: 3)
    let ks = rows == 2 ? [1] : [1, 3, 7]
    let radii = try NeighbourRadii(set, neighbours: ks)
    let sorted = (0..<rows).map { set.squaredDistances($0, set).sorted() }
    for k in ks {
      let expected = sorted.map { $0[k] }
      let found = try #require(radii[k]).map(Double.init)
      #expect(zip(found, expected).allSatisfy { agree($0, $1, 1e-4) })
    }
  }

  // MARK: Known sets

  /// Reference 0, 1, 3 with radii 1, 1, 2 (k = 1); samples 2, 5, 5.5 with radii 3, 0.5, 0.5.
  @Test func aLineByHand() throws {
    let reference = try Sets.rows([[0], [1], [3]])
    let samples = try Sets.rows([[2], [5], [5.5]])
    let inclusive = try metrics(
      reference, samples, ManifoldRule(neighbours: 1, includesBoundary: true))
    // 2 lies on the ball of 1 and in that of 3; 5 on that of 3.
    #expect(inclusive.precision == 2.0 / 3)
    #expect(inclusive.recall == 1)
    #expect(inclusive.density == 1)
    #expect(inclusive.coverage == 2.0 / 3)
    let strict = try metrics(
      reference, samples, ManifoldRule(neighbours: 1, includesBoundary: false))
    #expect(strict.precision == 1.0 / 3)
    #expect(strict.recall == 1)
    #expect(strict.density == 1.0 / 3)
    #expect(strict.coverage == 1.0 / 3)
  }

  /// The classic fault is to exchange them.
  @Test func aCollapsedModeIsPreciseAndRecallsLittle() throws {
    let reference = try Sets.normal(600, 6, seed: 1, name: "reference")
    let collapsed = try Sets.normal(500, 6, seed: 2, spread: 0.05, name: "samples")
    let found = try ManifoldMetrics.between(reference: reference, samples: collapsed)
    for metrics in found { #expect(metrics.precision > 0.95 && metrics.recall < 0.05) }
    #expect(found[1].density > 1 && found[1].coverage < 0.5)
    let exchanged = try ManifoldMetrics.between(reference: collapsed, samples: reference)
    #expect(exchanged[0].precision == found[0].recall)
    #expect(exchanged[0].recall == found[0].precision)
  }

  @Test func aSetIsInItsOwnManifold() throws {
    let set = try Sets.normal(700, 5, seed: 1)
    let found = try ManifoldMetrics.between(reference: set, samples: set)
    for metrics in found {
      #expect(metrics.precision == 1 && metrics.recall == 1 && metrics.coverage == 1)
    }
    // Each ball holds its centre and k − 1 others inside its boundary.
    #expect(found[1].density == 1)
  }

  @Test func equalRowsAreInsideOnlyWithTheBoundary() throws {
    let row: [Float] = [1.0 / 3, 2.0 / 7, 1e3]
    let set = try Sets.rows([[Float]](repeating: row, count: 20))
    for (includesBoundary, expected) in [(true, 1.0), (false, 0.0)] {
      let rule = ManifoldRule(neighbours: 3, includesBoundary: includesBoundary)
      let found = try metrics(set, set, rule)
      #expect(found.precision == expected && found.recall == expected)
      #expect(found.coverage == expected)
    }
  }

  // MARK: Definition

  @Test(arguments: [(530, 30, 3), (20, 540, 5), (60, 70, 40)])
  func metricsEqualTheDefinition(n: Int, m: Int, columns: Int) throws {
    let reference = try Sets.normal(n, columns, seed: 1)
    let samples = try Sets.normal(m, columns, seed: 2, mean: 0.3, spread: 0.8)
    let rules: [ManifoldRule] = [.precisionRecall, .densityCoverage]
    let found = try ManifoldMetrics.between(reference: reference, samples: samples, rules: rules)
    for (rule, metrics) in zip(rules, found) {
      #expect(metrics.rule == rule)
      // One at most may lie on a boundary.
      #expect(Exact(reference, samples, rule).agrees(metrics, within: 1.01 / Double(min(n, m))))
    }
  }

  /// |u|² is a billion times the squared distances.
  @Test func farFromZeroNothingIsLost() throws {
    let reference = try Sets.normal(300, 8, seed: 1, mean: 1e4, spread: 1)
    let samples = try Sets.normal(200, 8, seed: 2, mean: 1e4 + 0.5, spread: 0.7)
    let found = try metrics(reference, samples, .precisionRecall)
    #expect(Exact(reference, samples, .precisionRecall).agrees(found, within: 0.005))
  }

  /// Clusters whose inner distances are a millionth of those between them.
  @Test func tightClustersKeepTheirNeighbours() throws {
    func clusters(seed: UInt64) throws -> FeatureMatrix {
      let noise = try Sets.normal(300, 6, seed: seed, spread: 1e-3)
      let values = noise.values.enumerated().map { index, value in
        value + Float((index / 6) % 3 * 700)
      }
      return try FeatureMatrix("clusters", rows: 300, columns: 6, values: values)
    }
    let (reference, samples) = (try clusters(seed: 1), try clusters(seed: 2))
    let found = try metrics(reference, samples, .precisionRecall)
    #expect(Exact(reference, samples, .precisionRecall).agrees(found, within: 0.004))
  }

  @Test func twiceIsTheSame() throws {
    let reference = try Sets.normal(1200, 16, seed: 1)
    let samples = try Sets.normal(1100, 16, seed: 2, mean: 0.2)
    let first = try ManifoldMetrics.between(reference: reference, samples: samples)
    #expect(try ManifoldMetrics.between(reference: reference, samples: samples) == first)
    let radii = try NeighbourRadii(reference, neighbours: [3])[3]
    #expect(try NeighbourRadii(reference, neighbours: [3])[3] == radii)
  }

  @Test func setsMustFit() throws {
    let (two, three) = (try Sets.normal(9, 2, seed: 1), try Sets.normal(9, 3, seed: 1))
    expectInputError("expected 2 features") {
      _ = try ManifoldMetrics.between(reference: two, samples: three)
    }
    let radii = try NeighbourRadii(two, neighbours: [3])
    expectInputError("neighbour 5") {
      _ = try ManifoldMetrics.between(two, radii, two, radii, rules: [.densityCoverage])
    }
    let fewer = try NeighbourRadii(two.part(0..<8), neighbours: [3])
    expectInputError("9 images") {
      _ = try ManifoldMetrics.between(two, radii, two, fewer, rules: [.precisionRecall])
    }
  }

  @Test func smallestValuesDoNotDependOnTheOrder() {
    let numbers: [Float] = (0..<100).map { Float($0 * 37 % 101) }
    func kept(_ numbers: [Float]) -> [[Float]] {
      var values = SmallestValues(rows: 5..<6, kept: 4)
      numbers.withUnsafeBufferPointer { values.insert($0, row: 5) }
      return (0..<4).map(values.values(at:))
    }
    #expect(kept(numbers) == [[0], [1], [2], [3]])
    #expect(kept(numbers.reversed()) == kept(numbers))
    #expect(kept([7, 7]) == [[7], [7], [.infinity], [.infinity]])
  }
}

extension FeatureMatrix {
  fileprivate var rowRange: Range<Int> { 0..<rows }
}
