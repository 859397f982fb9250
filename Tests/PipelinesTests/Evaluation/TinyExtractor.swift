import Evaluation
import Files
import Foundation
import Imaging
import PipelinesTestSupport
import Randomness
import Storage
import Synchronization
import TensorGraph

@testable import Pipelines

/// A network that sees images of 2 × 2 pixels: features are their 12 samples, spatial ones
/// the same backwards, logits the channels' means. It counts how often it is run.
final class TinyExtractor: FeatureExtractor, Sendable {
  let name: String
  let preparation: ImagePreparation
  let weightsHash: String
  let batch: Int
  private let count = Mutex(0)

  var runs: Int { count.withLock { $0 } }

  init(
    name: String = "tiny", preparation: String = "corners", weightsHash: String = "0123",
    batch: Int = 16
  ) {
    self.name = name
    self.weightsHash = weightsHash
    self.batch = batch
    self.preparation = ImagePreparation(preparation, side: 2) { image, target in
      for (place, corner) in [(0, 0), (1, 0), (0, 1), (1, 1)].enumerated() {
        let (x, y) = (corner.0 * (image.width - 1), corner.1 * (image.height - 1))
        for channel in 0..<3 {
          target[3 * place + channel] =
            Float(image.pixels[3 * (y * image.width + x) + channel]) / 255
        }
      }
    }
  }

  var inputShape: Shape { [batch, 12] }

  func dimensions(of column: FeatureColumn) -> Int { column == .logits ? 3 : 12 }

  func extract(_ images: HostTensor) throws -> [FeatureColumn: HostTensor] {
    count.withLock { $0 += 1 }
    let rows = images.array()
    let backwards = (0..<batch).flatMap { rows[12 * $0..<12 * ($0 + 1)].reversed() }
    let means = (0..<3 * batch).map { index -> Float in
      let first = index / 3 * 12 + index % 3
      return rows[first] + rows[first + 3] + rows[first + 6] + rows[first + 9]
    }
    return [
      .features: HostTensor(rows, shape: [batch, 12]),
      .spatial: HostTensor(backwards, shape: [batch, 12]),
      .logits: HostTensor(means, shape: [batch, 3]),
    ]
  }
}

/// Random images of 4 × 4 pixels, each of one colour and noise around it.
/// - Parameters:
///   - spread: of the colours around grey, 0...1.
///   - noise: of single pixels around their image's colour.
func randomImages(
  _ count: Int, seed: UInt64, spread: Float = 1, noise: Float = 0.1
) -> [RGBImage] {
  (0..<count).map { index in
    var stream = RandomStream(seed: seed, purpose: .noise, index: UInt64(index))
    let values = (0..<3 + 48).map { _ in stream.uniform() }
    let pixels = (0..<48).map { place -> UInt8 in
      let colour = spread * (values[place % 3] - 0.5)
      let value = 0.5 + colour + noise * (values[3 + place] - 0.5)
      return UInt8(min(max(value, 0), 1) * 255)
    }
    return RGBImage(width: 4, height: 4, pixels: pixels)
  }
}

/// Writes images as numbered PNGs.
func write(_ images: [RGBImage], to folder: String) throws {
  for (index, image) in images.enumerated() {
    // Not flushed one by one.
    try AtomicFile.write(
      ImageEncoder.png(image), to: folder + String(format: "/%04d.png", index), durable: false)
  }
}

/// Evaluates with a tiny network.
func evaluate(
  _ reference: String?, _ samples: String, in folder: String,
  _ evaluation: EvaluationProtocol = .features, with extractor: any FeatureExtractor,
  metrics: [MetricName] = [.fid, .sfid, .inceptionScore, .precision, .recall],
  _ change: (inout EvaluateConfiguration) -> Void = { _ in },
  observe: @escaping PipelineObserver = { _ in },
  shouldStop: @escaping @Sendable () -> Bool = { false }
) throws -> EvaluationReport {
  var configuration = EvaluateConfiguration()
  configuration.evaluate.reference = reference
  configuration.evaluate.samples = samples
  configuration.evaluate.metrics = metrics
  configuration.evaluate.cache = "\(folder)/cache"
  change(&configuration)
  return try Evaluate(configuration, observe: observe, shouldStop: shouldStop).run(
    evaluation, reference: reference.map { try EvaluationInput($0) },
    samples: EvaluationInput(samples)
  ) { extractor }
}

extension EvaluationReport {
  /// Whether a warning holds `text`.
  func warns(_ text: String) -> Bool { warnings.contains { $0.contains(text) } }
}
