import Diagnostics
import Evaluation
import Files
import Foundation
import Imaging
import Storage
import TensorGraph

/// One pass over the parts of a file of features that are missing. Images are decoded and
/// prepared on their own threads while the network runs.
final class FeaturePass {
  private let extraction: FeatureExtraction
  private let set: any ImageSequence
  private let name: String
  private let writer: FeaturesWriter
  private let lock: RunLock
  private let missing: [Int]
  private var broken: BrokenImages
  private let input: HostTensor
  private let start = ContinuousClock.now
  private var computed = 0

  /// An image as the network is shown it.
  private struct Prepared: Sendable {
    let values: [Float]
    let size: (width: Int, height: Int)
  }

  init(
    _ extraction: FeatureExtraction, _ set: any ImageSequence, _ name: String,
    _ writer: FeaturesWriter, _ lock: RunLock
  ) throws {
    self.extraction = extraction
    self.set = set
    self.name = name
    self.writer = writer
    self.lock = lock
    var missing: [Int] = []
    var earlier: [Int] = []
    var examined = 0
    for number in 0..<writer.partCount {
      if let samples = try writer.samples(ofPart: number) {
        let range = writer.range(ofPart: number)
        examined += range.count
        earlier += Set(range).subtracting(samples).sorted()
      } else {
        missing.append(number)
      }
    }
    self.missing = missing
    if examined > 0 {
      extraction.observe(.note("\(name): \(examined) of \(set.count) images were done earlier"))
    }
    broken = try BrokenSummary(
      set, examined: examined, earlier: earlier, extraction.images, extraction.observe
    ).broken
    let extractor = extraction.extractor
    guard extractor.inputShape.elementCount == extractor.batch * extractor.preparation.count else {
      throw ProgramError("\(extractor.name): its input is \(extractor.inputShape)")
    }
    input = HostTensor(shape: extractor.inputShape)
  }

  func run() throws {
    // Neighbouring parts share one stream, so that decoding never waits between them.
    var first = missing.startIndex
    while first < missing.endIndex {
      var last = first
      while last + 1 < missing.endIndex, missing[last + 1] == missing[last] + 1 { last += 1 }
      try run(missing[first]...missing[last])
      first = last + 1
    }
    try broken.check(maximum: extraction.images.maxBroken)
    if broken.count > 0 {
      extraction.observe(
        .warning("\(name): \(broken.count) of \(broken.examined) images skipped"))
    }
  }

  private func run(_ parts: ClosedRange<Int>) throws {
    let range =
      writer.range(
        ofPart: parts.lowerBound
      ).lowerBound..<writer.range(ofPart: parts.upperBound).upperBound
    let decode = try set.decoder(range)
    let preparation = extraction.extractor.preparation
    // A prepared image takes a megabyte: a batch ahead and one for each thread at work.
    let prefetch = OrderedPrefetch(
      range, workers: extraction.images.workers,
      lookahead: extraction.images.workers
        + max(extraction.extractor.batch, extraction.images.workers)
    ) { index in
      decode(index).map { Prepared(values: preparation($0), size: ($0.width, $0.height)) }
    }
    for number in parts {
      var part = writer.part(number)
      for lower in stride(
        from: part.range.lowerBound, to: part.range.upperBound, by: extraction.extractor.batch)
      {
        let batch = lower..<min(lower + extraction.extractor.batch, part.range.upperBound)
        try run(batch, prefetch, into: &part)
      }
      try lock.check()
      try set.check(part.range)
      try writer.write(part)
      // No need to go on once even whole images cannot save the set.
      if Double(broken.count) > extraction.images.maxBroken * Double(set.count) {
        try broken.check(maximum: extraction.images.maxBroken)
      }
      if extraction.shouldStop(), number < writer.partCount - 1 {
        throw Stopped(
          "stopped after \(part.range.upperBound) of \(set.count) images of \(name): "
            + "repeat the command to go on")
      }
    }
  }

  /// The row of an image is its distance from the batch's first: whether others are broken
  /// changes nothing.
  private func run(
    _ batch: Range<Int>, _ prefetch: OrderedPrefetch<Result<Prepared, InputError>>,
    into part: inout FeaturesPart
  ) throws {
    var sizes: [(index: Int, size: (width: Int, height: Int))] = []
    let length = extraction.extractor.preparation.count
    input.floats.update(repeating: 0)
    for index in batch {
      guard let (_, result) = prefetch.next() else { break }
      switch result {
      case .success(let image):
        broken.note(nil)
        sizes.append((index, image.size))
        let row = index - batch.lowerBound
        _ = input.floats[row * length..<(row + 1) * length].update(fromContentsOf: image.values)
      case .failure(let fault):
        broken.note(fault)
        extraction.observe(.warning("skipped: \(fault)"))
        if extraction.images.strict { throw fault }
      }
    }
    if !sizes.isEmpty {
      let outputs = try extraction.extractor.extract(input)
      for (index, size) in sizes {
        try append(index, size, row: index - batch.lowerBound, outputs, to: &part)
      }
    }
    computed += batch.count
    let seconds = max((ContinuousClock.now - start).seconds, 1e-9)
    extraction.observe(
      .progress(
        stage: "features", done: batch.upperBound, total: set.count,
        detail: String(format: "%@, %.1f images/s", name, Double(computed) / seconds)))
  }

  private func append(
    _ index: Int, _ size: (width: Int, height: Int), row: Int,
    _ outputs: [FeatureColumn: HostTensor], to part: inout FeaturesPart
  ) throws {
    var rows: [FeatureColumn: UnsafeBufferPointer<Float>] = [:]
    for (column, tensor) in outputs {
      let width = extraction.extractor.dimensions(of: column)
      guard tensor.floats.count == width * extraction.extractor.batch else {
        throw ProgramError("\(extraction.extractor.name): \(column.rawValue) of another size")
      }
      let values = UnsafeBufferPointer(
        rebasing: tensor.floats[row * width..<(row + 1) * width])
      guard values.allSatisfy(\.isFinite) else {
        throw NonFiniteFeatures(image: set.name(index))
      }
      rows[column] = values
    }
    try withExtendedLifetime(outputs) {
      try part.append(index: index, size: size) {
        rows[$0] ?? UnsafeBufferPointer(start: nil, count: 0)
      }
    }
  }
}

/// The network left the numbers' range.
struct NonFiniteFeatures: ExitCodeProviding, CustomStringConvertible {
  let image: String
  var exitCode: ExitCode { .checkFailed }
  var description: String {
    "\(image): its features hold NaN or infinities; check the weights of the feature network"
  }
}
