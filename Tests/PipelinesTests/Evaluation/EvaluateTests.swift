import Checkpoints
import Configuration
import Diagnostics
import Evaluation
import Files
import Foundation
import Imaging
import PipelinesTestSupport
import Storage
import Synchronization
import TemporaryFolders
import Testing

@testable import Pipelines

/// What sets may be, and that the numbers are those of their images.
@Suite struct EvaluateTests {
  /// How far two numbers that must be there are apart.
  private func apart(
    _ one: Double?, _ two: Double?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Double {
    try abs(
      #require(one, sourceLocation: sourceLocation) - #require(two, sourceLocation: sourceLocation))
  }

  private func matrix(_ images: [RGBImage], _ extractor: TinyExtractor) throws -> FeatureMatrix {
    try FeatureMatrix(
      "expected", rows: images.count, columns: 12,
      values: images.flatMap { extractor.preparation($0) })
  }

  @Test func numbersAreThoseOfTheFeatures() throws {
    try withTemporaryFolder { folder in
      let (real, fake) = (randomImages(50, seed: 1), randomImages(40, seed: 2, spread: 0.7))
      try write(real, to: "\(folder)/real")
      try write(fake, to: "\(folder)/fake")
      let extractor = TinyExtractor(batch: 7)
      let report = try evaluate(
        "\(folder)/real", "\(folder)/fake", in: folder, with: extractor,
        metrics: MetricName.allCases)

      let (first, second) = (try matrix(real, extractor), try matrix(fake, extractor))
      let distance = try FrechetDistance.between(first, second).value
      #expect(try apart(report[.fid], distance) < 1e-9 * distance)
      let manifolds = try ManifoldMetrics.between(reference: first, samples: second)
      #expect(report[.precision] == manifolds[0].precision)
      #expect(report[.recall] == manifolds[0].recall)
      #expect(report[.density] == manifolds[1].density)
      #expect(report[.coverage] == manifolds[1].coverage)
      #expect(manifolds[0].precision != manifolds[0].recall)
      let kid = try KernelDistance.between(first, second, subsets: .init(size: 40))
      #expect(report[.kid] == kid.value)
      // The same numbers in another order have the same distance.
      #expect(try apart(report[.sfid], distance) < 1e-9 * distance)
      #expect(try #require(report[.inceptionScore]) > 1)

      #expect(report.results.map(\.metric) == MetricName.allCases)
      let names = MetricName.allCases.map { "\($0.rawValue)[tiny]" }
      #expect(report.results.map(\.name) == names)
      #expect(report.reference?.count == 50)
      #expect(report.samples.count == 40)
      #expect(report.samples.formats == ["png": 40])
      #expect(report.samples.sizes == ["4x4": 40])
      #expect(report.extractor?.weights == "0123")
    }
  }

  /// An image that becomes another one between its hash and its decoding would leave features in
  /// the cache under a name that is not theirs.
  @Test func imagesThatChangeAreNoticed() throws {
    try withTemporaryFolder { folder in
      try write(randomImages(30, seed: 1), to: "\(folder)/fake")
      let other = try ImageEncoder.png(randomImages(1, seed: 9)[0])
      let error = #expect(throws: InputError.self) {
        try evaluate(
          nil, "\(folder)/fake", in: folder, with: TinyExtractor(batch: 7),
          metrics: [.inceptionScore],
          observe: { event in
            guard case .progress("features", 7, _, _) = event else { return }
            try? AtomicFile.write(other, to: "\(folder)/fake/0003.png")
          })
      }
      #expect(error?.description.hasPrefix("\(folder)/fake/0003.png: ") == true)
      let cached = try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/cache")
      #expect(cached.filter { !$0.hasSuffix(".parts") } == [])
    }
  }

  /// Metrics of large sets take as long as their features: a stop comes between two of them, and
  /// between two resamples.
  @Test(arguments: [
    ("metrics", "fid", 0), ("metrics", "neighbours", 0), ("bootstrap", "resamples", 9),
  ])
  func stopsBetweenMetrics(_ stage: String, _ detail: String, _ after: Int) throws {
    try withTemporaryFolder { folder in
      for (name, seed) in [("real", UInt64(1)), ("fake", 2)] {
        try write(randomImages(30, seed: seed), to: "\(folder)/\(name)")
      }
      let asked = Mutex(false)
      let isOver = Mutex(false)
      #expect(throws: Stopped.self) {
        try evaluate(
          "\(folder)/real", "\(folder)/fake", in: folder, with: TinyExtractor(batch: 7),
          metrics: [.fid, .precision, .recall, .kid], { $0.evaluate.bootstrap = 2000 }
        ) { event in
          guard case .progress(let found, let done, let total, let text) = event else { return }
          if found == stage, text == detail, done >= after { asked.withLock { $0 = true } }
          if found == "metrics", done == total { isOver.withLock { $0 = true } }
        } shouldStop: {
          asked.withLock { $0 }
        }
      }
      #expect(asked.withLock { $0 } && !isOver.withLock { $0 })
    }
  }

  /// A folder, an npz stored and a run's folder of the same images.
  @Test func theSameImagesInAnyPlace() throws {
    try withTemporaryFolder { folder in
      let images = randomImages(30, seed: 3)
      try write(randomImages(30, seed: 4), to: "\(folder)/real")
      try write(images, to: "\(folder)/flat")
      try NPZWriter.write(to: "\(folder)/stored.npz", shape: [30, 4, 4, 3]) { npz in
        for image in images { try npz.append(image.pixels) }
      }
      func fid(_ samples: String) throws -> Double? {
        try evaluate(
          "\(folder)/real", "\(folder)/\(samples)", in: folder, with: TinyExtractor(),
          metrics: [.fid])[.fid]
      }
      let expected = try #require(try fid("flat"))
      #expect(try fid("stored.npz") == expected)
      // A folder per class has the images in another order.
      for (index, image) in images.enumerated() {
        try ImageEncoder.writePNG(image, to: "\(folder)/tree/\(index % 3)/\(index).png")
      }
      #expect(try apart(fid("tree"), expected) < 1e-9)
      // A file of features.
      let report = try evaluate(
        nil, "\(folder)/flat", in: folder, with: TinyExtractor(), metrics: [.inceptionScore])
      #expect(report.reference == nil)
      let caches = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cache")
        .filter { $0.hasSuffix(".h5") }
      let values = try caches.map { cache -> Double? in
        let file = try FeaturesFile(path: "\(folder)/cache/\(cache)")
        guard file.description.labelPolicy == "none",
          ImageContent.hash(of: try file.imageHashes()) == report.samples.imagesHash
        else { return nil }
        return try fid("cache/\(cache)")
      }
      #expect(Set(values.compactMap(\.self)) == [expected])
    }
  }

  /// `numpy.savez_compressed(arr_0=…, arr_1=[2, 0, 1, 1, 2])`: five images of 3 × 4 pixels
  /// with the bytes (37·i + 11) mod 251.
  private static let deflated = """
    UEsDBC0AAAAIAAAAIQCR22U5//////////8JABQAYXJyXzAubnB5AQAQADQBAAAAAAAACAEAAAAAAACb7BfqGxDJ\
    yFDGUK2eklqcXKRupaBeU2qorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqmOgomOgrGQKSpo1CrQAbg\
    4jYIrZp/5KWwRWzT8jMfpR1Su9Zf+anskTtp+x027YDSWfuf8BlH1C46/kbMOqF11fkvcs4ZvZuuM6p5F0zddZ9T\
    L7hi7qHngmbRDUtPvZe0S+5Ye+m7olv2hK23WDT9imfsfcRjGFa94OgrEcu45hVnP8k4pnVvuPpLxTNv8o677DqB\
    ZbMPPOU3iaxbfOKtuE1i2+oLX+VdMvs232BS9ymctvsBl35I5bzDL4TMYxqXnf4gZZ/Sue7yDyX3HABQSwMELQAA\
    AAgAAAAhAGLVbsT//////////wkAFABhcnJfMS5ucHkBABAAqAAAAAAAAABMAAAAAAAAAJvsF+obEMnIUMZQrZ6S\
    WpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GqY6mjoKtQoUAC4mBlTAiEbD5AFQSwEC\
    LQMtAAAACAAAACEAkdtlOQgBAAA0AQAACQAAAAAAAAAAAAAAgAEAAAAAYXJyXzAubnB5UEsBAi0DLQAAAAgAAAAh\
    AGLVbsRMAAAAqAAAAAkAAAAAAAAAAAAAAIABQwEAAGFycl8xLm5weVBLBQYAAAAAAgACAG4AAADKAQAAAAA=
    """

  @Test func deflatedImages() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/deflated.npz"
      try AtomicFile.write(try #require(Data(base64Encoded: Self.deflated)), to: path)
      let bytes: [UInt8] = (0..<5 * 36).map { UInt8((37 * $0 + 11) % 251) }
      let input = try EvaluationInput(path)
      let images = try #require(input.images)
      #expect(input.labels?.values == [2, 0, 1, 1, 2])
      #expect(input.labels?.policy == "arr_1")
      let contents = try images.contents(workers: 2) { _ in }
      #expect(Set(contents.map(\.hash)).count == 5)
      #expect(Set(contents.map(\.format)) == ["npz"])
      // From the middle, and not quite in order.
      for order in [[0, 1, 2, 3, 4], [2, 4, 3]] {
        let decode = try images.decoder(order[0]..<5)
        for index in order {
          let image = try decode(index).get()
          #expect((image.width, image.height) == (3, 4))
          #expect(image.pixels == Array(bytes[36 * index..<36 * (index + 1)]))
        }
      }
      // The same pixels stored are the same images.
      try NPZWriter.write(to: "\(folder)/stored.npz", shape: [5, 4, 3, 3]) { try $0.append(bytes) }
      let stored = try EvaluationInput("\(folder)/stored.npz").images
      let again = try stored?.contents(workers: 1) { _ in }
      #expect(again == contents)
    }
  }

  @Test func savedStatisticsStandForTheImages() throws {
    try withTemporaryFolder { folder in
      let real = randomImages(40, seed: 5)
      try write(real, to: "\(folder)/real")
      try write(randomImages(30, seed: 6), to: "\(folder)/fake")
      let extractor = TinyExtractor()
      _ = try evaluate(nil, "\(folder)/real", in: folder, with: extractor, metrics: []) {
        $0.evaluate.saveStatistics = "\(folder)/real.npz"
      }
      let file = try NPZFile(path: "\(folder)/real.npz")
      #expect(file.names == ["flowturbo", "mu", "mu_s", "sigma", "sigma_s"])
      // Divided by N − 1, as NumPy's cov does: the classic fault is N.
      let rows: [[Double]] = real.map { extractor.preparation($0).map(Double.init) }
      let mean: [Double] = (0..<12).map { column in
        rows.reduce(0.0) { sum, row in sum + row[column] } / 40
      }
      let sum: Double = rows.reduce(0.0) { sum, row in
        sum + (row[2] - mean[2]) * (row[5] - mean[5])
      }
      let expected = sum / 39
      let (mu, sigma) = (try file.doubles("mu"), try file.doubles("sigma"))
      let largest = zip(mu, mean).map { abs($0 - $1) }.max() ?? 1
      #expect(mu.count == 12 && largest < 1e-12)
      #expect(abs(sigma[2 * 12 + 5] - expected) < 1e-12)
      #expect(abs(sigma[2 * 12 + 5] - expected * 39 / 40) > 1e-6)

      func report(_ reference: String) throws -> EvaluationReport {
        try evaluate(
          "\(folder)/\(reference)", "\(folder)/fake", in: folder, with: extractor,
          metrics: [.fid, .sfid])
      }
      let (one, two) = (try report("real"), try report("real.npz"))
      for metric in [MetricName.fid, .sfid] {
        #expect(try apart(one[metric], two[metric]) < 1e-9)
      }
      #expect(two.reference?.content == ["statistics"])
      #expect(two.reference?.count == 40)
      #expect(two.reference?.statisticsOrigin?.hasPrefix("features, tiny, corners") == true)
      // What statistics do not allow is an error where it was asked for.
      let error = #expect(throws: InputError.self) {
        try evaluate("\(folder)/real.npz", "\(folder)/fake", in: folder, with: extractor)
      }
      #expect(error?.description.contains("metric precision") == true)
    }
  }

  /// ADM's reference batch: its statistics are compared, its images for precision and recall.
  @Test func statisticsBesideImages() throws {
    try withTemporaryFolder { folder in
      try write(randomImages(40, seed: 7), to: "\(folder)/all")
      try write(randomImages(30, seed: 8), to: "\(folder)/fake")
      let some = randomImages(20, seed: 9, spread: 0.5)
      let extractor = TinyExtractor(name: "inception-v3", preparation: "adm")
      _ = try evaluate(nil, "\(folder)/all", in: folder, .adm, with: extractor, metrics: []) {
        $0.evaluate.saveStatistics = "\(folder)/all.npz"
      }
      let file = try NPZFile(path: "\(folder)/all.npz")
      var records = try ["mu", "sigma", "mu_s", "sigma_s"].map { name in
        TensorRecord(name, shape: try file.info(name).shape, doubles: try file.doubles(name))
      }
      records.append(
        TensorRecord(
          "arr_0", shape: [20, 4, 4, 3], type: .uint8, bytes: some.flatMap(\.pixels)))
      try NPZWriter.write(records, to: "\(folder)/batch.npz")
      try write(some, to: "\(folder)/some")

      func report(_ reference: String, _ evaluation: EvaluationProtocol) throws -> EvaluationReport
      {
        let extractor = TinyExtractor(
          name: "inception-v3", preparation: evaluation.input?.rawValue ?? "")
        return try evaluate(
          "\(folder)/\(reference)", "\(folder)/fake", in: folder, evaluation, with: extractor,
          metrics: [.fid, .sfid, .precision, .recall])
      }
      let both = try report("batch.npz", .adm)
      let (all, own) = (try report("all", .adm), try report("some", .adm))
      #expect(both.results.map(\.name) == ["fid", "sfid", "precision", "recall"])
      for metric in [MetricName.fid, .sfid] {
        #expect(try apart(both[metric], all[metric]) < 1e-6)
        #expect(try apart(both[metric], own[metric]) > 1e-3)
      }
      for metric in [MetricName.precision, .recall] { #expect(both[metric] == own[metric]) }
      #expect(both.reference?.content == ["images", "statistics"])
      #expect(both.reference?.statisticsHash != nil)
      // Another protocol has nothing to do with ADM's statistics.
      let other = try report("batch.npz", .pytorchFID)
      #expect(other.reference?.content == ["images"])
      #expect(try apart(other[.fid], own[.fid]) < 1e-6)
    }
  }

  @Test func brokenImagesAreSkippedNamedAndCounted() throws {
    try withTemporaryFolder { folder in
      try write(randomImages(20, seed: 10), to: "\(folder)/real")
      try write(randomImages(20, seed: 11), to: "\(folder)/fake")
      try "no image".write(
        toFile: "\(folder)/fake/0007b.png", atomically: true, encoding: .utf8)
      func run(_ change: (inout EvaluateConfiguration) -> Void, _ said: Said) throws
        -> EvaluationReport
      {
        try evaluate(
          "\(folder)/real", "\(folder)/fake", in: folder, with: TinyExtractor(batch: 4),
          change, observe: said.observer)
      }
      let tooMany = #expect(throws: InputError.self) { try run({ _ in }, Said()) }
      #expect(tooMany?.description.contains("1 of 21") == true)
      let strict = #expect(throws: InputError.self) {
        try run({ $0.evaluate.strict = true }, Said())
      }
      #expect(strict?.description.contains("0007b.png") == true)
      // Twice: the second time the features come from the cache.
      for _ in 0..<2 {
        let said = Said()
        let report = try run({ $0.evaluate.maxBroken = 0.1 }, said)
        #expect(report.samples.count == 20)
        #expect(report.samples.broken == 1)
        #expect(said.contains("skipped earlier: \(folder)/fake/0007b.png"))
        #expect(report.warns("1 broken images are left out"))
      }
      try FileManager.default.removeItem(atPath: "\(folder)/fake/0007b.png")
      let clean = try run({ _ in }, Said())
      try FileManager.default.removeItem(atPath: "\(folder)/cache")
      try "no image".write(
        toFile: "\(folder)/fake/0007b.png", atomically: true, encoding: .utf8)
      let said = Said()
      let report = try run({ $0.evaluate.maxBroken = 0.1 }, said)
      #expect(said.contains("skipped: \(folder)/fake/0007b.png"))
      #expect(try apart(report[.fid], clean[.fid]) < 1e-9)
      #expect(report.samples.imagesHash == clean.samples.imagesHash)
    }
  }

  @Test func setsThatCannotBeEvaluated() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.makeDirectory("\(folder)/empty")
      try write(randomImages(1, seed: 12), to: "\(folder)/one")
      try write(randomImages(9, seed: 12), to: "\(folder)/nine")
      try AtomicFile.write("text", to: "\(folder)/text.txt")
      try NPZWriter.write(
        [TensorRecord("x", shape: [1], floats: [1])], to: "\(folder)/other.npz")
      try NPZWriter.write(
        [TensorRecord("arr_0", shape: [2, 3], floats: [1, 2, 3, 4, 5, 6])],
        to: "\(folder)/floats.npz")
      for (samples, text) in [
        ("absent", "found nothing"), ("empty", "images named .jpg, .jpeg or .png"),
        ("text.txt", "a folder of images, an npz of images or statistics"),
        ("one/0000.png", "name the folder that it lies in"),
        ("other.npz", "arr_0 (images), or mu and sigma (statistics), found x"),
        ("floats.npz", "images (N, H, W, 3) of uint8"), ("one", "at least 2 images"),
      ] {
        let error = #expect(throws: InputError.self, "\(samples)") {
          try evaluate(
            "\(folder)/nine", "\(folder)/\(samples)", in: folder, with: TinyExtractor(),
            metrics: [.fid])
        }
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
      }
    }
  }

  /// A run of `flowturbo sample` brings its manifest and its labels.
  @Test func samplingRunsBringTheirProvenance() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let text = models.sampleConfiguration(output: "\(folder)/run", count: 12)
        .replacing("guidance: 1.5", with: "guidance: 4.0")
      let configuration = try ConfigurationFile(text: text, name: "sample.yaml")
        .decode(SampleConfiguration.self)
      try Sample(configuration, observe: { _ in }).run(resume: false)
      try write(randomImages(20, seed: 13), to: "\(folder)/real")
      let places = ["run", "run/images", "run/samples.npz"]
      let reports = try places.map {
        try evaluate(
          "\(folder)/real", "\(folder)/\($0)", in: folder, with: TinyExtractor(), metrics: [.fid])
      }
      for report in reports {
        #expect(report.sampling?.plan == "H2P1R1")
        #expect(report.sampling?.weights.keys.sorted() == ["predictor", "refiner", "vae"])
        #expect(report.samples.labelPolicy == "manifest: balanced")
        #expect(report.samples.count == 12)
        #expect(report.warns("guidance 4.0"))
        #expect(report[.fid] == reports[0][.fid])
      }
      for place in places {
        let labels = try EvaluationInput("\(folder)/\(place)").labels?.values
        #expect(labels == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
      }
      // Another folder's manifest says nothing about these images.
      #expect(try EvaluationInput("\(folder)/real").manifest == nil)
    }
  }
}
