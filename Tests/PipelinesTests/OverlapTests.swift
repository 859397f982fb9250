import Configuration
import Diagnostics
import Evaluation
import Foundation
import Imaging
import PipelinesTestSupport
import Storage
import Synchronization
import TemporaryFolders
import TensorGraph
import Testing

@testable import Pipelines

/// Stages that go on beside each other. Each test holds one stage back until the other has gone
/// ahead, which never comes to pass where one waits for the other.
@Suite struct OverlapTests {
  /// Opened by one stage, passed by another.
  private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }

    /// - Throws: `InputError` where it stays closed.
    func pass() throws {
      guard semaphore.wait(timeout: .now() + 30) == .success else {
        throw InputError("the other stage waits for this one")
      }
    }
  }

  private func sampling(
    _ models: TinyModels, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> Sample {
    let text = models.sampleConfiguration(output: "\(models.folder)/samples")
    return Sample(
      try ConfigurationFile(
        text: text, name: "sample.yaml", overrides: ["sampling.count=6", "sampling.batch=2"]
      ).decode(SampleConfiguration.self), observe: observe, shouldStop: shouldStop)
  }

  @Test func theNextBatchIsDrawnWhileOneIsWritten() throws {
    try withTemporaryFolder { folder in
      let submitted = Atomic<Bool>(false)
      let drawing = Gate()
      var sample = try sampling(TinyModels(in: folder)) { event in
        if case .progress = event { submitted.store(true, ordering: .releasing) }
      } shouldStop: {
        // Asked between steps of the second batch.
        if submitted.load(ordering: .acquiring) { drawing.open() }
        return false
      }
      let written = Mutex<[Range<Int>]>([])
      sample.write = { products, batch, images, latents in
        if batch.kept.lowerBound == 0 { try drawing.pass() }
        try products.write(batch, images: images, latents: latents)
        written.withLock { $0.append(batch.kept) }
      }
      try sample.run(resume: false)
      #expect(written.withLock { $0 } == [0..<2, 2..<4, 4..<6])
    }
  }

  @Test func whatTheWriterMeetsEndsTheRunAndNamesTheFile() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      let inTheWay = "\(folder)/samples/images/000002.png"
      let sample = try sampling(models) { event in
        guard case .progress(stage: _, done: 2, total: _, detail: _) = event else { return }
        try? FileManager.default.createDirectory(
          atPath: inTheWay, withIntermediateDirectories: true)
      }
      let error = try #require(throws: InputError.self) { try sample.run(resume: false) }
      #expect(error.description.contains(inTheWay))
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/samples/images")
      #expect(left.sorted() == ["000000.png", "000001.png", "000002.png"])
    }
  }

  @Test func theNextPartIsEncodedWhileOneIsWritten() throws {
    try withTemporaryFolder { folder in
      let models = try TinyModels(in: folder)
      try writeImages(to: "\(folder)/images", count: 180)
      var options = EncodingOptions()
      options.images.images = "\(folder)/images"
      options.images.size = TinyModels.side
      options.vae.weights = models.vae
      options.batch = 64
      let encoding = Gate()
      let path = "\(folder)/latents.h5"
      var encode = Encode(options, path: path) { event in
        if case .progress(stage: _, done: 513..., total: _, detail: _) = event { encoding.open() }
      }
      encode.write = { writer, part in
        if part.number == 0 { try encoding.pass() }
        try writer.write(part)
      }
      try encode.run()
      #expect(try LatentsFile(path: path).count == 540)
    }
  }

  /// The first batch is held back until all images of the second are prepared.
  private final class HeldExtractor: FeatureExtractor, Sendable {
    private let tiny = TinyExtractor(batch: 4)
    private let prepared: Gate
    private let isFirst = Atomic<Bool>(true)
    let preparation: ImagePreparation
    let name = "tiny"
    let weightsHash = "0123"

    init() {
      let (gate, tiny) = (Gate(), tiny)
      prepared = gate
      preparation = ImagePreparation("corners", side: 2) { image, target in
        _ = target.update(fromContentsOf: tiny.preparation(image))
        gate.open()
      }
    }

    var batch: Int { tiny.batch }
    var inputShape: Shape { tiny.inputShape }
    func dimensions(of column: FeatureColumn) -> Int { tiny.dimensions(of: column) }

    func extract(_ images: HostTensor) throws -> [FeatureColumn: HostTensor] {
      if isFirst.exchange(false, ordering: .relaxed) {
        for _ in 0..<2 * batch { try prepared.pass() }
      }
      return try tiny.extract(images)
    }
  }

  @Test func imagesArePreparedWhileTheNetworkRuns() throws {
    try withTemporaryFolder { folder in
      let extraction = FeatureExtraction(
        extractor: HeldExtractor(), cache: "\(folder)/cache", images: .init(workers: 1),
        observe: { _ in }, shouldStop: { false })
      let features = try extraction.features(
        of: PictureSequence(images: randomImages(12, seed: 1)), called: "samples", labels: nil,
        needsSpatial: false)
      #expect(features.count == 12)
    }
  }
}
