import Checkpoints
import Diagnostics
import Evaluation
import Files
import Foundation
import Imaging
import PipelinesTestSupport
import Storage
import TemporaryFolders
import Testing

@testable import Pipelines

/// Sets that a mistake makes: equal, constant, tiny, with names twice. A number is right or there
/// is none.
@Suite struct DegenerateSetTests {
  private func constant(_ value: UInt8) -> RGBImage {
    RGBImage(width: 4, height: 4, pixels: [UInt8](repeating: value, count: 48))
  }

  @Test func identicalSetsHaveDistanceZero() throws {
    try withTemporaryFolder { folder in
      for count in [2, 5, 13, 60] {
        let images = randomImages(count, seed: 1)
        try write(images, to: "\(folder)/\(count)/a")
        try write(images, to: "\(folder)/\(count)/b")
        let report = try evaluate(
          "\(folder)/\(count)/a", "\(folder)/\(count)/b", in: folder, with: TinyExtractor(),
          metrics: [.fid, .sfid, .kid])
        // The features lie in 0...1: covariances have a trace of some tenths.
        for metric in [MetricName.fid, .sfid] {
          #expect(abs(try #require(report[metric])) < 1e-9, "\(count): \(report.results)")
        }
        // The unbiased estimate of equal sets is below 0 and finite.
        #expect(try #require(report[.kid]) < 1e-9)
        if count > 6 {
          let inside = try evaluate(
            "\(folder)/\(count)/a", "\(folder)/\(count)/b", in: folder, with: TinyExtractor(),
            metrics: [.precision, .recall, .coverage])
          #expect([inside[.precision], inside[.recall], inside[.coverage]] == [1, 1, 1])
        }
      }
    }
  }

  @Test func constantImages() throws {
    try withTemporaryFolder { folder in
      let random = randomImages(20, seed: 2)
      try write(Array(repeating: constant(0), count: 20), to: "\(folder)/black")
      try write(Array(repeating: constant(255), count: 20), to: "\(folder)/white")
      try write(random, to: "\(folder)/random")
      func report(_ reference: String, _ samples: String) throws -> EvaluationReport {
        try evaluate(
          "\(folder)/\(reference)", "\(folder)/\(samples)", in: folder, with: TinyExtractor(),
          metrics: MetricName.allCases)
      }
      // Both covariances are 0: the distance is that of the means, 12 features from 0 to 1.
      let far = try report("black", "white")
      #expect(abs(try #require(far[.fid]) - 12) < 1e-9)
      #expect([far[.precision], far[.recall], far[.density], far[.coverage]] == [0, 0, 0, 0])
      let same = try report("black", "black")
      // Coverage asks for a neighbour nearer than the k-th, which at distance 0 none is; precision
      // and recall for one no further.
      #expect(
        [same[.fid], same[.precision], same[.recall], same[.coverage]] == [0, 1, 1, 0],
        "\(same.results)")
      #expect(abs(try #require(same[.inceptionScore]) - 1) < 1e-6)
      // One covariance is 0: what is left is |μ₁ − μ₂|² + tr S.
      let rows = random.map { image -> [Double] in
        [0, 3, 12, 15].flatMap { place in (0..<3).map { Double(image.pixels[3 * place + $0]) / 255 }
        }
      }
      var expected = 0.0
      for column in 0..<12 {
        let values = rows.map { $0[column] }
        let mean = values.reduce(0, +) / 20
        expected += mean * mean + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19
      }
      let half = try report("random", "black")
      #expect(abs(try #require(half[.fid]) - expected) < 1e-5)
    }
  }

  /// By a network of ours, whose texture features are logarithms and roots.
  @Test func constantImagesByAFeatureNetwork() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      for value in [0, 128, 255] as [UInt8] {
        for index in 0..<6 {
          try ImageEncoder.writePNG(
            RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: value, count: 192)),
            to: "\(folder)/\(value)/\(index).png")
        }
      }
      for (reference, samples) in [("0", "255"), ("128", "128"), ("255", "128")] {
        var configuration = EvaluateConfiguration()
        configuration.evaluate.reference = "\(folder)/\(reference)"
        configuration.evaluate.samples = "\(folder)/\(samples)"
        configuration.evaluate.weights = models.features
        configuration.evaluate.cache = "\(folder)/cache"
        let report = try Evaluate(configuration, observe: { _ in }).run()
        let fid = try #require(report[.fid])
        #expect(fid.isFinite && (fid > 1e-6) == (reference != samples), "\(report.results)")
      }
    }
  }

  @Test func oneImageHasNoCovariance() throws {
    try withTemporaryFolder { folder in
      try write(randomImages(1, seed: 3), to: "\(folder)/one")
      try write(randomImages(9, seed: 4), to: "\(folder)/nine")
      for (reference, samples) in [("one", "nine"), ("nine", "one"), ("one", "one")] {
        for metric in [MetricName.fid, .sfid, .precision, .recall, .density, .coverage, .kid] {
          for bootstrap in [0, 10] {
            let error = #expect(throws: InputError.self, "\(metric) \(reference) \(samples)") {
              try evaluate(
                "\(folder)/\(reference)", "\(folder)/\(samples)", in: folder,
                with: TinyExtractor(), metrics: [metric]
              ) { $0.evaluate.bootstrap = bootstrap }
            }
            #expect(error?.exitCode == .badInput)
          }
        }
      }
      let score = #expect(throws: InputError.self) {
        try evaluate(
          nil, "\(folder)/one", in: folder, with: TinyExtractor(), metrics: [.inceptionScore])
      }
      #expect(
        score?.description
          == "Inception Score: expected at least 10 images, one for each of its 10 parts, found 1")
    }
  }

  /// Fewer images than feature dimensions: the number is the one that the definition gives, and
  /// is said to compare with nothing else.
  @Test func fewerImagesThanDimensions() throws {
    try withTemporaryFolder { folder in
      try write(randomImages(5, seed: 5), to: "\(folder)/five")
      try write(randomImages(40, seed: 6), to: "\(folder)/forty")
      let report = try evaluate(
        "\(folder)/forty", "\(folder)/five", in: folder, with: TinyExtractor(), metrics: [.fid])
      #expect(try #require(report[.fid]) > 0)
      #expect(report.warns("samples (\(folder)/five)"), "\(report.warnings)")
      #expect(!report.warns("reference (\(folder)/forty)"))
    }
  }

  @Test func classesOfOneImage() throws {
    try withTemporaryFolder { folder in
      for (set, seed) in [("real", 7), ("fake", 8)] as [(String, UInt64)] {
        for (index, image) in randomImages(14, seed: seed).enumerated() {
          // Class c has one image, the others six and seven.
          let name = index == 0 ? "c" : index < 7 ? "a" : "b"
          try ImageEncoder.writePNG(image, to: "\(folder)/\(set)/\(name)/\(index).png")
        }
      }
      let report = try evaluate(
        "\(folder)/real", "\(folder)/fake", in: folder, with: TinyExtractor(),
        metrics: [.fid, .precision]
      ) { $0.evaluate.perClass = true }
      let classes = report.results.filter { $0.label != nil }
      #expect(Set(classes.compactMap(\.className)) == ["a", "b"])
      let areFinite = classes.allSatisfy { $0.value.isFinite }
      #expect(areFinite)
      #expect(report.warns("1 of 3 classes lack images"), "\(report.warnings)")
    }
  }

  /// Names that differ in their extension, their case or their folder alone are other images.
  @Test func namesThatComeTwice() throws {
    try withTemporaryFolder { folder in
      let images = randomImages(12, seed: 9)
      try write(images, to: "\(folder)/plain")
      for (index, image) in images.enumerated() {
        let name = ["a.png", "a.jpg", "A.png", "a.PNG", "a.jpeg", "a..png"][index % 6]
        // The content decides what a file is, so that a PNG may be called .jpg.
        try AtomicFile.write(
          ImageEncoder.png(image), to: "\(folder)/tree/\(index / 6)/\(name)", durable: false)
      }
      let reports = try ["plain", "tree"].map {
        try evaluate(
          "\(folder)/plain", "\(folder)/\($0)", in: folder, with: TinyExtractor(), metrics: [.fid])
      }
      #expect(reports.map(\.samples.count) == [12, 12])
      for report in reports { #expect(abs(try #require(report[.fid])) < 1e-9) }
      // The same image many times over is as many images.
      try write(Array(repeating: images[0], count: 5), to: "\(folder)/copies")
      let copies = try evaluate(
        "\(folder)/plain", "\(folder)/copies", in: folder, with: TinyExtractor(), metrics: [.fid])
      #expect(copies.samples.count == 5)
    }
  }

  @Test func foldersWithoutImagesAreNamed() throws {
    try withTemporaryFolder { folder in
      try write(randomImages(4, seed: 10), to: "\(folder)/real")
      for path in ["empty", "deep/a/b/c", "texts", "hidden"] {
        try AtomicFile.makeDirectory("\(folder)/\(path)")
      }
      try AtomicFile.write("x", to: "\(folder)/texts/a.txt")
      try AtomicFile.write("x", to: "\(folder)/hidden/.a.png")
      for path in ["empty", "deep", "texts", "hidden"] {
        for (reference, samples) in [("real", path), (path, "real")] {
          let error = #expect(throws: InputError.self) {
            try evaluate(
              "\(folder)/\(reference)", "\(folder)/\(samples)", in: folder, with: TinyExtractor())
          }
          #expect(
            error?.description.hasPrefix("\(folder)/\(path): ") == true,
            "\(error?.description ?? "")")
        }
      }
    }
  }
}
