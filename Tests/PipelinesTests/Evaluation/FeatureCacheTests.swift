import TemporaryFolders
import TensorGraph
import CPUExecutor
import Diagnostics
import Evaluation
import Files
import Foundation
import Imaging
import ModelFiles
import Models
import PipelinesTestSupport
import Storage
import Synchronization
import Testing

@testable import Pipelines

/// Features are computed once, and never taken for other images'.
@Suite struct FeatureCacheTests {
  private func withSets(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try write(randomImages(24, seed: 1), to: "\(folder)/real")
      try write(randomImages(20, seed: 2), to: "\(folder)/fake")
      try body(folder)
    }
  }

  private func run(
    _ folder: String, _ extractor: any FeatureExtractor,
    metrics: [MetricName] = [.fid, .sfid, .inceptionScore, .precision, .recall],
    _ change: (inout EvaluateConfiguration) -> Void = { _ in }
  ) throws -> EvaluationReport {
    try evaluate(
      "\(folder)/real", "\(folder)/fake", in: folder, with: extractor, metrics: metrics, change)
  }

  @Test func theSecondEvaluationComputesNothing() throws {
    try withSets { folder in
      let extractor = TinyExtractor(batch: 5)
      let first = try run(folder, extractor)
      #expect(extractor.runs == 5 + 4)
      let second = try run(folder, extractor, metrics: [.density, .coverage, .fid])
      #expect(extractor.runs == 9)
      #expect(first[.fid] == second[.fid])
    }
  }

  /// The spatial features double the file; they are kept where they are asked for.
  @Test func spatialFeaturesAreKeptWhenAskedFor() throws {
    try withSets { folder in
      let extractor = TinyExtractor(batch: 24)
      let lean = try run(folder, extractor, metrics: [.fid])
      #expect(extractor.runs == 2)
      let full = try run(folder, extractor, metrics: [.fid, .sfid])
      #expect(extractor.runs == 4)
      #expect(lean[.fid] == full[.fid])
      _ = try run(folder, extractor, metrics: [.fid])
      _ = try run(folder, extractor, metrics: [.sfid])
      #expect(extractor.runs == 4)
    }
  }

  @Test func onePixelIsAnotherImage() throws {
    try withSets { folder in
      let extractor = TinyExtractor(batch: 32)
      let before = try run(folder, extractor)
      let path = "\(folder)/fake/0003.png"
      let image = try ImageDecoder.decode(path: path)
      var pixels = image.pixels
      pixels[0] ^= 128
      try ImageEncoder.writePNG(RGBImage(width: 4, height: 4, pixels: pixels), to: path)
      let after = try run(folder, extractor)
      #expect(extractor.runs == 3)
      #expect(before[.fid] != after[.fid])
      #expect(before.samples.imagesHash != after.samples.imagesHash)
      #expect(before.reference == after.reference)
      // Back again, the old features serve.
      try ImageEncoder.writePNG(image, to: path)
      #expect(try run(folder, extractor) == before)
      #expect(extractor.runs == 3)
      // The same images in another order are another set.
      try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/fake/9999.png")
      #expect(try run(folder, extractor).samples.imagesHash != before.samples.imagesHash)
      #expect(extractor.runs == 4)
    }
  }

  @Test func otherNetworksHaveOtherFeatures() throws {
    try withSets { folder in
      for (index, extractor) in [
        TinyExtractor(), TinyExtractor(weightsHash: "4567"), TinyExtractor(preparation: "other"),
        TinyExtractor(name: "large"), TinyExtractor(batch: 8),
      ].enumerated() {
        _ = try run(folder, extractor)
        #expect(extractor.runs > 0, "\(index)")
      }
      // Files of two networks are not compared.
      let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cache").sorted()
      let tiny = try #require(files.first { $0.hasPrefix("tiny-corners") })
      let large = try #require(files.first { $0.hasPrefix("large-corners") })
      let error = #expect(throws: InputError.self) {
        try evaluate(
          "\(folder)/cache/\(tiny)", "\(folder)/cache/\(large)", in: folder,
          with: TinyExtractor(), metrics: [.fid])
      }
      #expect(error?.description.contains("features of tiny, corners") == true)
    }
  }

  @Test func evaluationsGiveEqualBytes() throws {
    try withSets { folder in
      func results(_ cache: String) throws -> (String, [UInt8]) {
        let path = "\(folder)/results.h5"
        let report = try run(folder, TinyExtractor(batch: 5), metrics: MetricName.allCases) {
          $0.output = path
          $0.evaluate.bootstrap = 10
        }
        // Once with the cache that is there, once without.
        try FileManager.default.moveItem(atPath: "\(folder)/cache", toPath: "\(folder)/\(cache)")
        let file = try ReadOnlyFile(path)
        return (try report.json(), try file.bytes(0..<file.size))
      }
      let (one, two) = (try results("one"), try results("two"))
      #expect(one == two)
      let files = try contents(of: "\(folder)/one")
      #expect(files.count == 2)
      #expect(try contents(of: "\(folder)/two") == files)
    }
  }

  /// Parts hold 512 images or a batch less; 1200 images make three.
  private func stopped(_ folder: String, after parts: Int) throws -> (FeaturesFile, runs: Int) {
    let images = PictureSequence(images: randomImages(1200, seed: 3))
    let extractor = TinyExtractor(batch: 100)
    let asked = Mutex(0)
    func features() throws -> FeaturesFile {
      try FeatureExtraction(
        extractor: extractor, cache: folder, images: .init(), observe: { _ in },
        shouldStop: {
          asked.withLock {
            $0 += 1
            return $0 == parts
          }
        }
      ).features(of: images, called: "samples", labels: nil, needsSpatial: true)
    }
    if parts > 0 {
      let error = #expect(throws: Stopped.self) { try features() }
      #expect(error?.exitCode == .stoppedResumable)
      #expect(error?.description.contains("\(500 * parts) of 1200") == true)
    }
    return (try features(), extractor.runs)
  }

  @Test func stoppedRunsGoOn() throws {
    try withTemporaryFolder { folder in
      let (whole, runs) = try stopped("\(folder)/whole", after: 0)
      #expect(runs == 12)
      for parts in [1, 2] {
        let (file, runs) = try stopped("\(folder)/\(parts)", after: parts)
        // Nothing is computed twice.
        #expect(runs == 12)
        #expect(
          try FileHash.sha256(ofFile: file.path) == FileHash.sha256(ofFile: whole.path))
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(parts)")
        #expect(names.count == 1)
      }
    }
  }

  /// Features of another precision are other features, in files of their own.
  @Test func precisionsAreKeptApart() throws {
    try withSets { folder in
      let weights = try TinyModels(in: folder).features
      func fid(_ precision: Precision) throws -> Double {
        let extractor = try ExtractorWeights(weights).extractor(.features, precision, batch: 8) {
          _ in
        }
        return try #require(try run(folder, extractor, metrics: [.fid])[.fid])
      }
      func cached() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cache").count
      }
      let exact = try fid(.float32)
      #expect(try cached() == 2)
      let rough = try fid(.bfloat16)
      #expect(try cached() == 4)
      #expect(rough != exact && abs(rough - exact) < 0.05 * exact, "\(rough) and \(exact)")
      #expect(try fid(.float32) == exact)
    }
  }

  /// Another batch is another program; features and metrics agree but for rounding.
  @Test func batchesAndHalvesChangeRoundingOnly() throws {
    try withTemporaryFolder { folder in
      let weights = try TinyModels(in: folder).features
      let (real, fake) = (randomImages(64, seed: 4), randomImages(50, seed: 5, spread: 0.6))
      try write(real, to: "\(folder)/real")
      try write(fake, to: "\(folder)/fake")
      try write(Array(fake[..<20]), to: "\(folder)/half1")
      try write(Array(fake[20...]), to: "\(folder)/half2")
      let metrics: [MetricName] = [
        .fid, .sfid, .inceptionScore, .precision, .recall, .density, .coverage, .kid,
      ]
      func extractor(_ batch: Int) throws -> any FeatureExtractor {
        try ExtractorWeights(weights).extractor(.features, .float32, batch: batch) { _ in }
      }
      let reports = try [1, 7, 16].map {
        try run(folder, extractor($0), metrics: metrics)
      }
      #expect(reports[0].results.map(\.name).first == "fid[tiny-features]")
      for report in reports.dropFirst() {
        for metric in metrics {
          let one = try #require(reports[0][metric])
          let two = try #require(report[metric])
          let isCount = ![.fid, .sfid, .inceptionScore, .kid].contains(metric)
          #expect(abs(one - two) <= (isCount ? 2.0 / 50 : 1e-6 * abs(one)), "\(metric)")
        }
      }
      // Halves whose sums are joined.
      func sums(_ samples: String, _ column: FeatureColumn) throws -> FeatureStatistics {
        let set = EvaluatedSet(
          "samples", try EvaluationInput("\(folder)/\(samples)"),
          FeatureExtraction(
            extractor: try extractor(16), cache: "\(folder)/cache", images: .init(),
            observe: { _ in }, shouldStop: { false }), .features, needsSpatial: true)
        return try set.sums(column)
      }
      for (metric, column) in [(MetricName.fid, FeatureColumn.features), (.sfid, .spatial)] {
        var joined = try sums("half1", column)
        try joined.merge(sums("half2", column))
        let distance = try FrechetDistance.between(
          sums("real", column).moments("reference"), joined.moments("samples")
        ).value
        let whole = try #require(reports[2][metric])
        #expect(abs(distance - whole) <= 1e-6 * whole, "\(metric)")
      }
    }
  }
}
