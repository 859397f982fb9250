import Diagnostics
import Evaluation
import Files
import Foundation
import Imaging
import Machine
import Storage
import TensorGraph

/// Computes the features of sets of images, or finds them in the cache.
///
/// Batches and parts are cut at fixed places of the image list, so that a run killed at any
/// moment and repeated gives the same bytes as one that was left alone.
struct FeatureExtraction {
  let extractor: any FeatureExtractor
  /// The folder of the cache.
  let cache: String
  let images: ImageReading
  let observe: PipelineObserver
  let shouldStop: @Sendable () -> Bool

  /// How images are read.
  struct ImageReading {
    /// Threads that decode.
    var workers = Threads.count
    /// Whether one broken image is an error.
    var strict = false
    /// The share of broken images above which a set is refused.
    var maxBroken = 0.01
  }

  /// - Parameters:
  ///   - set: the images and what they are called.
  ///   - needsSpatial: whether sFID will be asked; the spatial features double the file.
  /// - Throws: `Stopped` between two parts when the process is asked to stop; `InputError`
  ///   where too many images are broken.
  func features(
    of set: any ImageSequence, called name: String, labels: SetLabels?, needsSpatial: Bool
  ) throws -> FeaturesFile {
    let contents = try set.contents(workers: images.workers) { done in
      if shouldStop() { throw Stopped("stopped while reading \(name): repeat the command") }
      observe(.progress(stage: "hash", done: done, total: set.count, detail: name))
    }
    // Features with the spatial ones serve where these are not needed, not the other way round.
    let hasSpatial = extractor.dimensions(of: .spatial) > 0
    let full = try writer(contents, labels, spatial: hasSpatial)
    let writer = hasSpatial && !needsSpatial ? try writer(contents, labels, spatial: false) : full
    if let file = try full.finished() ?? writer.finished() {
      try judge(file, set)
      observe(.note("\(name): features of \(file.count) images from \(file.path)"))
      return file
    }
    let lock = try RunLock(directory: writer.partsFolder)
    defer { lock.release() }
    AtomicFile.removeLeftovers(of: writer.path)
    AtomicFile.removeLeftovers(in: writer.partsFolder)
    try FeaturePass(self, set, name, writer, lock).run()
    try lock.check()
    let file = try writer.finish()
    observe(.note("\(name): features of \(file.count) images, kept in \(file.path)"))
    return file
  }

  private func writer(
    _ contents: [ImageContent], _ labels: SetLabels?, spatial: Bool
  ) throws -> FeaturesWriter {
    let batch = extractor.batch
    let description = FeaturesDescription(
      extractor: extractor.name, preprocessing: extractor.preparation.name,
      weightsHash: extractor.weightsHash, inputSize: extractor.preparation.side,
      dimensions: extractor.dimensions(of: .features),
      spatialDimensions: spatial ? extractor.dimensions(of: .spatial) : 0,
      logitDimensions: extractor.dimensions(of: .logits), batch: batch,
      labelPolicy: labels?.policy ?? FeaturesDescription.unlabelled,
      classNames: labels?.names ?? [], createdBy: "flowturbo \(Toolkit.version)")
    return try FeaturesWriter(
      folder: cache, description: description,
      sources: contents.enumerated().map { index, content in
        .init(hash: content.hash, format: content.format, label: labels?.values[index])
      }, imagesPerPart: max(1, 512 / batch) * batch)
  }

  /// Tells again which images were broken when the features were computed.
  private func judge(_ file: FeaturesFile, _ set: any ImageSequence) throws {
    guard file.count < set.count else { return }
    let missing = Set(0..<set.count).subtracting(try file.sourceIndices()).sorted()
    try BrokenSummary(set, earlier: missing, images, observe).check()
  }
}

/// What is known of a set's broken images before its features are computed: those of earlier
/// runs.
struct BrokenSummary {
  private(set) var broken: BrokenImages
  private let maximum: Double

  init(
    _ set: any ImageSequence, examined: Int? = nil, earlier: [Int],
    _ images: FeatureExtraction.ImageReading, _ observe: PipelineObserver
  ) throws {
    for index in earlier {
      observe(.warning("skipped earlier: \(set.name(index))"))
      if images.strict {
        throw InputError(
          set.name(index), expected: "a whole JPEG or PNG image", found: "a broken one")
      }
    }
    broken = BrokenImages(examined: examined ?? set.count, count: earlier.count)
    maximum = images.maxBroken
  }

  func check() throws { try broken.check(maximum: maximum) }
}
