import Evaluation
import Foundation
import Imaging
import PipelinesTestSupport
import TemporaryFolders
import Testing

@testable import Pipelines

/// Numbers that may not be compared say so.
@Suite struct ComparabilityTests {
  private func report(
    _ reference: String, _ samples: String, in folder: String,
    _ evaluation: EvaluationProtocol = .features,
    with extractor: TinyExtractor = TinyExtractor(), metrics: [MetricName] = [.fid]
  ) throws -> EvaluationReport {
    try evaluate(
      "\(folder)/\(reference)", "\(folder)/\(samples)", in: folder, evaluation, with: extractor,
      metrics: metrics)
  }

  private func withSets(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try write(randomImages(24, seed: 1), to: "\(folder)/real")
      try write(randomImages(20, seed: 2), to: "\(folder)/fake")
      try body(folder)
    }
  }

  @Test func fewImages() throws {
    try withSets { folder in
      let few = try report("real", "fake", in: folder)
      #expect(few.warns("reference: 24 images, fewer than 10000"))
      #expect(few.warns("samples: 20 images, fewer than 10000"))
      // Twelve dimensions.
      #expect(!few.warns("rank deficient"))
      try write(randomImages(9, seed: 3), to: "\(folder)/nine")
      #expect(try report("real", "nine", in: folder).warns("rank deficient"))
    }
  }

  @Test func otherFormats() throws {
    try withSets { folder in
      #expect(try !report("real", "fake", in: folder).warns("formats differ"))
      for (index, image) in randomImages(20, seed: 2).enumerated() {
        try ImageEncoder.writeJPEG(image, to: "\(folder)/jpeg/\(index).jpg")
      }
      #expect(
        try report("real", "jpeg", in: folder).warns(
          "formats differ: reference 24 png, samples 20 jpeg"))
    }
  }

  @Test func otherSizes() throws {
    try withSets { folder in
      func grow(_ image: RGBImage, _ side: Int) -> RGBImage {
        let grown = Resampling.resize(
          PixelArray(image), width: side, height: side, filter: .bicubic)
        return RGBImage(width: side, height: side, pixels: grown.pixels)
      }
      try write(randomImages(20, seed: 2).map { grow($0, 8) }, to: "\(folder)/large")
      #expect(
        try report("real", "large", in: folder).warns(
          "sizes differ: reference 24 4x4, samples 20 8x8"))
      try write(
        randomImages(20, seed: 2).enumerated().map { grow($1, 4 + $0 % 2) }, to: "\(folder)/mixed")
      #expect(
        try report("real", "mixed", in: folder).warns(
          "samples: images of 2 sizes or more: 10 4x4, 10 5x5"))
    }
  }

  @Test func theSameImages() throws {
    try withSets { folder in
      let equal = try report("real", "real", in: folder)
      let other = try report("real", "fake", in: folder)
      #expect(equal.warns("reference and samples are the same images"))
      #expect(!other.warns("the same images"))
    }
  }

  @Test func statisticsOfAnotherProtocol() throws {
    try withSets { folder in
      func extractor(_ evaluation: EvaluationProtocol, hash: String = "6726825d") -> TinyExtractor {
        TinyExtractor(
          name: "inception-v3", preparation: evaluation.input?.rawValue ?? "", weightsHash: hash)
      }
      for evaluation in [EvaluationProtocol.adm, .pytorchFID] {
        _ = try evaluate(
          nil, "\(folder)/real", in: folder, evaluation, with: extractor(evaluation), metrics: []
        ) { $0.evaluate.saveStatistics = "\(folder)/\(evaluation.rawValue).npz" }
      }
      func found(
        _ statistics: EvaluationProtocol, _ evaluation: EvaluationProtocol,
        hash: String = "6726825d"
      ) throws -> [String] {
        try report(
          "\(statistics.rawValue).npz", "fake", in: folder, evaluation,
          with: extractor(evaluation, hash: hash)
        ).warnings.filter { !$0.contains("fewer than") }
      }
      #expect(try found(.adm, .adm) == [])
      #expect(
        try found(.pytorchFID, .adm) == [
          "\(folder)/pytorch-fid.npz: statistics of protocol pytorch-fid, not adm"
        ])
      // FlowTurbo's own mixes the two on purpose, on images that were not rounded.
      let mixed = try found(.adm, .flowturbo)
      #expect(mixed.count == 1)
      #expect(mixed.first?.contains("before they are rounded to 8 bits") == true)
      let other = try found(.adm, .adm, hash: "abcd")
      #expect(other.count == 2)
      #expect(other.first?.contains("statistics of other weights") == true)
      #expect(other.last?.contains("not with 6726825d") == true)
    }
  }
}
