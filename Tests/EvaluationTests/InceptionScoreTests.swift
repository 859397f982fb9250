import Foundation
import Randomness
import Testing

@testable import Evaluation

@Suite struct InceptionScoreTests {
  private func score(
    _ logits: FeatureMatrix, _ rule: InceptionScoreProtocol, portion: Int? = nil
  ) throws -> InceptionScore {
    var sums = try InceptionScoreSums(rule, classes: logits.columns, total: logits.rows)
    let size = portion ?? max(logits.rows, 1)
    for first in stride(from: 0, to: logits.rows, by: size) {
      try sums.add(logits.part(first..<min(first + size, logits.rows)))
    }
    return try sums.score()
  }

  /// The definition, row by row.
  private func exact(_ rows: [[Float]]) -> Double {
    let p = rows.map { row in
      let powers = row.map { exp(Double($0)) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    let q = p[0].indices.map { c in p.reduce(0) { $0 + $1[c] } / Double(p.count) }
    let sum = p.reduce(0) { sum, row in
      sum + zip(row, q).reduce(0) { $0 + $1.0 * (log($1.0) - log($1.1)) }
    }
    return exp(sum / Double(p.count))
  }

  /// Sure of one class each, all classes equally often: as many as there are classes.
  private func sure(_ rows: Int, classes: Int, by margin: Float = 300) throws -> FeatureMatrix {
    try Sets.rows(
      (0..<rows).map { row in (0..<classes).map { $0 == row % classes ? margin : 0 } })
  }

  @Test(arguments: [InceptionScoreProtocol.adm(chunk: 20), .fidelity(parts: 2, seed: nil)])
  func knownScores(rule: InceptionScoreProtocol) throws {
    let unsure = try Sets.rows([[Float]](repeating: [1, 1, 1, 1], count: 40))
    #expect(abs(try score(unsure, rule).value - 1) < 1e-12)
    // Probabilities of e^-300 are 0 in float32, and add nothing.
    let sure = try score(try sure(40, classes: 4), rule)
    #expect(abs(sure.value - 4) < 1e-12 && sure.standardDeviation < 1e-12)
    #expect(sure.parts == 2 && sure.count == 40 && sure.warnings == [])
    let alike = try Sets.rows([[Float]](repeating: [9, 0, 0, 0], count: 40))
    #expect(abs(try score(alike, rule).value - 1) < 1e-12)
  }

  @Test func chunksFollowTheFileAndTheLastIsShorter() throws {
    let logits = try Sets.normal(25, 6, seed: 1, spread: 2)
    let rows = (0..<25).map(logits.row)
    let expected = [
      exact(Array(rows[0..<10])), exact(Array(rows[10..<20])), exact(Array(rows[20...])),
    ]
    let found = try score(logits, .adm(chunk: 10))
    #expect(agree(found.value, expected.reduce(0, +) / 3, 1e-6))
    #expect(!agree(found.value, expected.reduce(0, +) / 3, 1e-12), "rounded to float32")
    #expect(found.warnings == [.unequalChunks(last: 5, size: 10)])
    #expect(try score(logits, .adm()).parts == 1)
    #expect(try score(logits, .adm()).warnings == [])
  }

  @Test func partsAreCutAsTorchFidelityDoes() throws {
    let logits = try Sets.normal(23, 5, seed: 2, spread: 2)
    for seed in [nil, 2020, 7] as [UInt32?] {
      var random = seed.map(NumPyRandomState.init(seed:))
      let order = random?.permutation(23) ?? Array(0..<23)
      let scores = (0..<4).map { i in
        exact(order[i * 23 / 4..<(i + 1) * 23 / 4].map(logits.row))
      }
      let mean = scores.reduce(0, +) / 4
      let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4
      let found = try score(logits, .fidelity(parts: 4, seed: seed))
      #expect(agree(found.value, mean, 1e-13))
      #expect(agree(found.standardDeviation, variance.squareRoot(), 1e-11))
    }
  }

  @Test(arguments: [InceptionScoreProtocol.adm(chunk: 7), .fidelity(parts: 3, seed: 5)])
  func portionsDoNotMatter(rule: InceptionScoreProtocol) throws {
    let logits = try Sets.normal(40, 4, seed: 3)
    let whole = try score(logits, rule).value
    for portion in [1, 6, 39] { #expect(try score(logits, rule, portion: portion).value == whole) }
  }

  @Test func whatHasNoScoreIsAnError() throws {
    let logits = try Sets.normal(4, 3, seed: 1, name: "logits.npz")
    expectInputError("1 or more") { _ = try score(logits, .adm(chunk: 0)) }
    for parts in [0, -1] {
      expectInputError("parts of 4") { _ = try score(logits, .fidelity(parts: parts, seed: 1)) }
    }
    expectInputError("at least 5 images") { _ = try score(logits, .fidelity(parts: 5, seed: 1)) }
    expectInputError("none") {
      _ = try InceptionScoreSums(.adm(), classes: 3, total: 0).score()
    }
    expectInputError("class") { _ = try InceptionScoreSums(.adm(), classes: 0, total: 1) }
    var sums = try InceptionScoreSums(.fidelity(parts: 2), classes: 3, total: 6)
    try sums.add(logits)
    expectInputError("6 images", "found 4") { _ = try sums.score() }
    expectInputError("logits.npz", "6 images in all") { try sums.add(logits) }
    expectInputError("logits.npz", "3 classes") {
      try sums.add(Sets.normal(2, 2, seed: 1, name: "logits.npz"))
    }
  }
}
