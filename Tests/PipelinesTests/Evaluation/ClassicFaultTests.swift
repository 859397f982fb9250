import Diagnostics
import Evaluation
import Foundation
import Imaging
import PipelinesTestSupport
import TemporaryFolders
import Testing

@testable import Pipelines

/// Faults that ports of evaluators are known for.
@Suite struct ClassicFaultTests {
  /// Samples that are all alike and look like one kind of reference: precision is high, recall
  /// low. Taken the wrong way round it would be the other.
  @Test func precisionAndRecallAreNotExchanged() throws {
    try withTemporaryFolder { folder in
      try write(randomImages(120, seed: 1), to: "\(folder)/varied")
      try write(randomImages(120, seed: 2, spread: 0.05), to: "\(folder)/collapsed")
      func report(_ reference: String, _ samples: String) throws -> EvaluationReport {
        try evaluate(
          "\(folder)/\(reference)", "\(folder)/\(samples)", in: folder, with: TinyExtractor(),
          metrics: [.precision, .recall, .density, .coverage])
      }
      let collapsed = try report("varied", "collapsed")
      #expect(try #require(collapsed[.precision]) > 0.95)
      #expect(try #require(collapsed[.recall]) < 0.1)
      #expect(try #require(collapsed[.coverage]) < 0.2)
      let varied = try report("collapsed", "varied")
      #expect(try #require(varied[.precision]) < 0.1)
      #expect(try #require(varied[.recall]) > 0.95)
    }
  }

  /// Folders are numbered in the order of their names: a set that lacks one has other numbers.
  @Test func classesAreMatchedByName() throws {
    let match = try ClassMatch(
      reference: ([0, 1, 2], ["cone", "cube", "torus"]),
      samples: ([0, 1, 2], ["cube", "prism", "torus"]))
    #expect(match.reference == [0, 1, 2])
    #expect(match.samples == [1, 3, 2])
    #expect(match.name(1) == "cube")
    #expect(match.name(3) == "prism")
    // Numbers where names are missing.
    let numbers = try ClassMatch(reference: ([0, 2], ["a", "b", "c"]), samples: ([2, 1], []))
    #expect(numbers.samples == [2, 1])
    #expect(numbers.name(2) == "c")
    #expect(throws: InputError.self) {
      try ClassMatch(reference: ([0], ["a"]), samples: ([0], ["b"]))
    }
  }

  @Test func metricsOfClasses() throws {
    try withTemporaryFolder { folder in
      // Class b lies elsewhere than class a; the samples of class a lack in one set.
      func write(_ name: String, _ classes: [(String, Float)], seed: UInt64) throws {
        for (number, (label, spread)) in classes.enumerated() {
          let images = randomImages(30, seed: seed + UInt64(10 * number), spread: spread)
          try PipelinesTests.write(images, to: "\(folder)/\(name)/\(label)")
        }
      }
      try write("real", [("a", 1), ("b", 0.1), ("c", 0.5)], seed: 1)
      try write("fake", [("b", 0.1), ("c", 0.5)], seed: 50)
      let report = try evaluate(
        "\(folder)/real", "\(folder)/fake", in: folder, with: TinyExtractor(),
        metrics: [.fid, .precision, .recall]
      ) { $0.evaluate.perClass = true }
      let classes = report.results.filter { $0.label != nil }
      #expect(Set(classes.compactMap(\.className)) == ["b", "c"])
      #expect(classes.count == 6)
      let fids = classes.filter { $0.metric == .fid }
      #expect(fids.map(\.label) == [1, 2])
      #expect(fids.map(\.name) == ["fid[tiny]", "fid[tiny]"])
      #expect(fids.map(\.referenceCount) == [30, 30])
      // The whole set lacks a class; single classes do not.
      let worst = fids.map(\.value).max() ?? .infinity
      #expect(try worst < 0.5 * #require(report[.fid]))
      #expect(report.warns("per class: 1 of 3 classes lack images"))

      try PipelinesTests.write(randomImages(30, seed: 9), to: "\(folder)/flat")
      let error = #expect(throws: InputError.self) {
        try evaluate(
          "\(folder)/real", "\(folder)/flat", in: folder, with: TinyExtractor(), metrics: [.fid]
        ) { $0.evaluate.perClass = true }
      }
      #expect(error?.description.contains("images with labels, for --per-class") == true)
    }
  }
}
