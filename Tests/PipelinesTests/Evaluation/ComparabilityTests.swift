import Evaluation
import Foundation
import Imaging
import PipelinesTestSupport
import Testing

@testable import Pipelines

/// Numbers that may not be compared say so.
@Suite struct ComparabilityTests {
  private func warnings(
    _ reference: String, _ samples: String, in folder: String,
    _ evaluation: EvaluationProtocol = .features,
    with extractor: TinyExtractor = TinyExtractor(), metrics: [MetricName] = [.fid]
  ) throws -> [String] {
    try evaluate(
      "\(folder)/\(reference)", "\(folder)/\(samples)", in: folder, evaluation, with: extractor,
      metrics: metrics
    ).warnings
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
      let few = try warnings("real", "fake", in: folder)
      #expect(few.contains { $0.hasPrefix("reference: 24 images, fewer than 10000") })
      #expect(few.contains { $0.hasPrefix("samples: 20 images, fewer than 10000") })
      // Twelve dimensions.
      #expect(!few.contains { $0.contains("rank deficient") })
      try write(randomImages(9, seed: 3), to: "\(folder)/nine")
      #expect(try warnings("real", "nine", in: folder).contains { $0.contains("rank deficient") })
    }
  }

  @Test func otherFormats() throws {
    try withSets { folder in
      #expect(!(try warnings("real", "fake", in: folder)).contains { $0.contains("formats differ") })
      for (index, image) in randomImages(20, seed: 2).enumerated() {
        try ImageEncoder.writeJPEG(image, to: "\(folder)/jpeg/\(index).jpg")
      }
      #expect(
        try warnings("real", "jpeg", in: folder).contains {
          $0.hasPrefix("formats differ: reference 24 png, samples 20 jpeg")
        })
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
        try warnings("real", "large", in: folder).contains {
          $0.hasPrefix("sizes differ: reference 24 4x4, samples 20 8x8")
        })
      try write(
        randomImages(20, seed: 2).enumerated().map { grow($1, 4 + $0 % 2) }, to: "\(folder)/mixed")
      #expect(
        try warnings("real", "mixed", in: folder).contains {
          $0.hasPrefix("samples: images of 2 sizes or more: 10 4x4, 10 5x5")
        })
    }
  }

  @Test func theSameImages() throws {
    try withSets { folder in
      let same = "reference and samples are the same images"
      #expect(try warnings("real", "real", in: folder).contains(same))
      #expect(try !warnings("real", "fake", in: folder).contains(same))
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
        try warnings(
          "\(statistics.rawValue).npz", "fake", in: folder, evaluation,
          with: extractor(evaluation, hash: hash)
        ).filter { !$0.contains("fewer than") }
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
      #expect(other.contains { $0.contains("statistics of other weights") })
      #expect(other.contains { $0.contains("not with 6726825d") })
    }
  }
}
