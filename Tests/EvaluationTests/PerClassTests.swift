import Testing

@testable import Evaluation

@Suite struct PerClassTests {
  @Test func classesAreComparedWithThemselves() throws {
    // Class 3 of both sets around 0; class 7 around 50 and −50.
    let near = try (Sets.normal(30, 4, seed: 1), Sets.normal(40, 4, seed: 2))
    let far = try (Sets.normal(20, 4, seed: 3, mean: 50), Sets.normal(25, 4, seed: 4, mean: -50))
    func mixed(_ a: FeatureMatrix, _ b: FeatureMatrix, _ name: String) throws -> LabelledFeatures {
      let set = try FeatureMatrix(
        name, rows: a.rows + b.rows, columns: 4, values: a.values + b.values)
      let labels = [Int32](repeating: 3, count: a.rows) + [Int32](repeating: 7, count: b.rows)
      // Rows of the classes in turns, as a sampler makes them.
      let order = (0..<set.rows).map { $0 * 7 % set.rows }
      return try LabelledFeatures(set.selecting(order), labels: order.map { labels[$0] })
    }
    let classes = try ClassMetrics.between(
      reference: mixed(near.0, far.0, "reference"), samples: mixed(near.1, far.1, "samples"))
    #expect(classes.map(\.label) == [3, 7])
    #expect(classes.map(\.referenceCount) == [30, 20] && classes.map(\.sampleCount) == [40, 25])
    let expected = try FrechetDistance.between(near.0, near.1).value
    #expect(agree(try #require(classes[0].fid), expected, 1e-12))
    #expect(try #require(classes[1].fid) > 4 * 9000)
    #expect(try #require(classes[0].manifold).precision > 0.5)
    #expect(try #require(classes[1].manifold).precision == 0)
    #expect(classes.allSatisfy { $0.warnings.isEmpty })
  }

  @Test func smallClassesAreLeftOutWithAWarning() throws {
    let set = try Sets.normal(12, 6, seed: 1, name: "reference")
    let reference = try LabelledFeatures(
      set, labels: [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2])
    let other = try Sets.normal(12, 6, seed: 2, name: "samples")
    let samples = try LabelledFeatures(
      other, labels: [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 4, 4])
    let classes = try ClassMetrics.between(reference: reference, samples: samples)
    #expect(classes.map(\.label) == [0, 1, 2, 4])
    #expect(classes.map { $0.fid != nil } == [true, true, false, false])
    #expect(classes.map { $0.manifold != nil } == [true, false, false, false])
    #expect(classes[0].warnings.contains(.rankDeficient(set: "samples", count: 5, dimensions: 6)))
    #expect(
      classes[1].warnings.contains(.tooFewInClass(label: 1, set: "reference", count: 3, needed: 4)))
    #expect(
      classes[2].warnings == [.tooFewInClass(label: 2, set: "samples", count: 1, needed: 2)])
    #expect(
      classes[3].warnings == [.tooFewInClass(label: 4, set: "reference", count: 0, needed: 2)])
  }

  @Test func labelsMustFit() throws {
    let set = try Sets.normal(3, 2, seed: 1, name: "samples")
    expectInputError("samples", "3 images", "2 labels") {
      _ = try LabelledFeatures(set, labels: [1, 2])
    }
    let other = try LabelledFeatures(Sets.normal(3, 3, seed: 1), labels: [1, 1, 1])
    let samples = try LabelledFeatures(set, labels: [1, 1, 1])
    expectInputError("features") {
      _ = try ClassMetrics.between(reference: other, samples: samples)
    }
    expectInputError("neighbours") {
      _ = try ClassMetrics.between(
        reference: samples, samples: samples,
        rule: ManifoldRule(neighbours: 0, includesBoundary: true))
    }
  }

  @Test func namesAndWarningsReadWell() {
    #expect(
      MetricName.allCases.map(\.rawValue) == [
        "fid", "sfid", "is", "precision", "recall", "density", "coverage", "kid",
      ])
    #expect(MetricName.allCases.filter { !$0.needsReference } == [.inceptionScore])
    #expect(MetricName.allCases.filter(\.needsStatisticsOnly) == [.fid, .sfid])
    let warning = EvaluationWarning.rankDeficient(set: "samples", count: 40, dimensions: 96)
    #expect("\(warning)".hasPrefix("samples: 40 images for 96 feature dimensions"))
    #expect("\(EvaluationWarning.unequalChunks(last: 3, size: 5))".contains("3 images"))
    #expect(
      "\(EvaluationWarning.tooFewInClass(label: 2, set: "samples", count: 1, needed: 4))"
        .contains("class 2: 1 images in samples"))
  }
}
