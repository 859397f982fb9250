// N images of a batch, C × h × w latents.
import CPUExecutor
import Configuration
import Diagnostics
import Files
import Foundation
import Imaging
import ModelFiles
import Models
import Storage
import TensorGraph

/// `flowturbo encode`: a folder of images to a file of latents.
///
/// Batches and parts are cut at fixed places of the image list, so that a run killed
/// at any moment and repeated gives the same bytes as one that was left alone.
public struct Encode {
  public let options: EncodingOptions
  /// The HDF5 file to be.
  public let path: String
  let observe: PipelineObserver
  /// Puts a part on the disk, beside the encoding of the next one.
  var write: Write = { try $0.write($1) }
  typealias Write = @Sendable (LatentsWriter, LatentsPart) throws -> Void

  public init(_ configuration: EncodeConfiguration, observe: @escaping PipelineObserver) {
    self.init(configuration.encode, path: configuration.latents, observe: observe)
  }

  public init(_ options: EncodingOptions, path: String, observe: @escaping PipelineObserver) {
    self.options = options
    self.path = path
    self.observe = observe
  }

  /// - Throws: `Stopped` between two parts when the process is asked to stop; `InputError`
  ///   where too many images are broken.
  public func run() throws {
    let precision = try options.precision.resolved()
    let vae = try options.vae.load(observe)
    try check(vae.model.configuration)
    let images = try options.images.folder(observe)
    let shape = latentShape(vae.model.configuration)
    let writer = try LatentsWriter(
      path: path, description: try description(images, vae, shape),
      sources: images.images.map { .init(path: $0.relativePath, label: Int32($0.label)) },
      imagesPerPart: imagesPerPart,
      identity: "batch: \(options.batch)" + (precision == .float32 ? "" : ", \(precision.rawValue)")
    )
    let lock = try RunLock(directory: writer.partsFolder)
    defer { lock.release() }
    AtomicFile.removeLeftovers(in: writer.partsFolder)
    for file in [path, logPath] { AtomicFile.removeLeftovers(of: file) }
    guard try !writer.isFinished() else {
      observe(.note("\(path): complete, nothing to do"))
      return
    }
    let pass = try EncodingPass(self, writer, lock, images, vae, shape, precision, observe)
    try pass.run()
    try lock.check()
    let count = try writer.finish()
    observe(
      .note(
        "\(path): latents of \(count) images and their mirror images, \(shape) each, "
          + "scaling factor \(vae.model.configuration.scalingFactor)"))
  }

  /// Beside the latents.
  var logPath: String {
    (path.hasSuffix(".h5") ? String(path.dropLast(3)) : path) + ".log.jsonl"
  }

  /// About two megapixels: seconds of work with any autoencoder, and a multiple of the batch.
  private var imagesPerPart: Int {
    let images = (1 << 21) / (options.images.size * options.images.size)
    return max(1, min(images, 512) / options.batch) * options.batch
  }

  func latentShape(_ vae: AutoencoderConfiguration) -> Shape {
    let side = options.images.size / vae.downsampling
    return [vae.latentChannels, side, side]
  }

  func check(_ vae: AutoencoderConfiguration) throws {
    guard vae.inChannels == 3 else {
      throw InputError(
        options.vae.weights, expected: "an autoencoder of images with 3 channels",
        found: "\(vae.inChannels)")
    }
    guard options.images.size.isMultiple(of: vae.downsampling) else {
      throw InputError(
        "encode.size",
        expected: "a multiple of \(vae.downsampling), the autoencoder's down-sampling",
        found: "\(options.images.size)")
    }
  }

  /// The options with what was taken of the autoencoder where they leave it open.
  private func resolved(_ vae: LoadedModel<AutoencoderKL>) -> EncodingOptions {
    var options = options
    options.vae.use = options.vae.use ?? vae.origin.taken
    options.vae.autoencoder = StatedAutoencoder(vae.model.configuration)
    return options
  }

  private func description(
    _ images: ImageFolder, _ vae: LoadedModel<AutoencoderKL>, _ shape: Shape
  ) throws -> LatentsDescription {
    LatentsDescription(
      channels: shape[0], height: shape[1], width: shape[2], classNames: images.classNames,
      labelPolicy: images.labelPolicy.rawValue, vaeHash: vae.identity,
      scalingFactor: vae.model.configuration.scalingFactor, imageSize: options.images.size,
      configuration: try ResolvedConfiguration(resolved(vae)).yaml,
      createdBy: "flowturbo \(Toolkit.version)")
  }
}

/// One pass over the parts that are missing.
private final class EncodingPass {
  private let options: EncodingOptions
  private let path: String
  private let writer: LatentsWriter
  private let lock: RunLock
  private let write: Encode.Write
  private let images: ImageFolder
  private let log: JSONLinesLog
  private let observe: PipelineObserver
  private let encoder: BatchEncoder
  private var broken: BrokenImages
  private let missing: [Int]
  private let start = ContinuousClock.now
  private var encoded = 0

  init(
    _ encode: Encode, _ writer: LatentsWriter, _ lock: RunLock, _ images: ImageFolder,
    _ vae: LoadedModel<AutoencoderKL>, _ shape: Shape, _ precision: Precision,
    _ observe: @escaping PipelineObserver
  ) throws {
    options = encode.options
    path = encode.path
    self.writer = writer
    self.lock = lock
    write = encode.write
    self.images = images
    self.observe = observe
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
    broken = BrokenImages(examined: examined, count: earlier.count)
    if examined > 0 {
      observe(.note("\(path): \(examined) of \(images.images.count) images were done earlier"))
    }
    for index in earlier {
      observe(.warning("skipped earlier: \(images.path(index))"))
      if options.images.strict {
        throw InputError(
          images.path(index), expected: "a whole JPEG or PNG image", found: "a broken one")
      }
    }
    log = try JSONLinesLog(path: encode.logPath)
    // Parts that are made again are logged again, and so is the end; a part's number
    // stands in `step`.
    let remade = Set(missing)
    try log.keep { $0 < writer.partCount && !remade.contains($0) }
    encoder = try BatchEncoder(
      vae, side: options.images.size, batch: options.batch, latentCount: shape.elementCount,
      precision)
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
    try broken.check(maximum: options.images.maxBroken)
    if broken.count > 0 {
      observe(
        .warning("\(images.root): \(broken.count) of \(broken.examined) images skipped"))
    }
    try log.append([
      "event": .text("done"), "step": .integer(writer.partCount),
      "images": .integer(broken.examined - broken.count), "broken": .integer(broken.count),
    ])
  }

  private func run(_ parts: ClosedRange<Int>) throws {
    // A part goes to the disk while the next one is encoded.
    let background = BackgroundWriter(waiting: 1)
    defer { background.wait() }
    var loader = options.images.loader(images)
    loader.batch = options.batch
    // The share is judged over all parts, below.
    loader.maxBroken = 1
    var number = parts.lowerBound
    var faults: [InputError] = []
    let end = writer.range(ofPart: parts.upperBound).upperBound
    let stream = loader.stream(writer.range(ofPart: number).lowerBound..<end, broken: broken) {
      [observe] fault in
      faults.append(fault)
      observe(.warning("skipped: \(fault)"))
    }
    var next = try stream.next()
    while number <= parts.upperBound {
      var part = writer.part(number)
      var count = 0
      for lower in stride(
        from: part.range.lowerBound, to: part.range.upperBound, by: options.batch)
      {
        let batch = lower..<min(lower + options.batch, part.range.upperBound)
        var pictures: [(index: Int, image: RGBImage)] = []
        while let (index, image) = next, batch.contains(index) {
          pictures.append((index, image))
          next = try stream.next()
        }
        count += pictures.count
        try encoder.encode(pictures, from: lower, into: &part, path: images.path)
        encoded += batch.count
        report(done: batch.upperBound)
      }
      // Logged first: a kill in between costs no line, and the part's are dropped on resuming.
      // The stream looks ahead: faults beyond this part's are the next one's.
      let own = faults.prefix(part.range.count - count)
      for fault in own {
        try log.append([
          "event": .text("broken"), "step": .integer(number), "reason": .text("\(fault)"),
        ])
      }
      faults.removeFirst(own.count)
      try log.append([
        "event": .text("part"), "step": .integer(number),
        "images": .integer(part.range.count),
      ])
      try lock.check()
      let whole = part
      try background.submit { [write, writer] in try write(writer, whole) }
      broken = stream.broken
      // No need to go on once even whole images cannot save the set.
      if Double(broken.count) > options.images.maxBroken * Double(images.images.count) {
        try broken.check(maximum: options.images.maxBroken)
      }
      if StopRequest.isSet, number < writer.partCount - 1 {
        try background.finish()
        throw Stopped(
          "stopped after \(part.range.upperBound) of \(images.images.count) images: "
            + "repeat the command to go on")
      }
      number += 1
    }
    try background.finish()
  }

  private func report(done: Int) {
    let seconds = max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    observe(
      .progress(
        stage: "encode", done: done, total: images.images.count,
        detail: String(format: "%.1f images/s", Double(encoded) / seconds)))
  }
}

/// The autoencoder's encoder, compiled for one batch.
private final class BatchEncoder {
  private let program: any Program
  private let input: HostTensor
  private let side: Int
  private let latentCount: Int

  init(
    _ vae: LoadedModel<AutoencoderKL>, side: Int, batch: Int, latentCount: Int,
    _ precision: Precision
  ) throws {
    input = HostTensor(shape: [batch, 3, side, side])
    program = try CPUExecutor(precision: precision).compile(
      vae.model.encodingGraph(batch: batch, side: side), variables: vae.weights, frozen: true)
    self.side = side
    self.latentCount = latentCount
  }

  /// Adds the posteriors of `pictures`, each as is and mirrored, to `part`. The row of
  /// an image is its distance from `first`: whether others are broken changes nothing.
  func encode(
    _ pictures: [(index: Int, image: RGBImage)], from first: Int, into part: inout LatentsPart,
    path: (Int) -> String
  ) throws {
    guard !pictures.isEmpty else { return }
    let plain = try run(pictures.map { ($0.index - first, $0.image) })
    let mirrored = try run(
      pictures.map { ($0.index - first, $0.image.flippedHorizontally()) })
    for (index, _) in pictures {
      let row = (index - first) * latentCount..<(index - first + 1) * latentCount
      let mean = Array(plain.mean.floats[row]) + mirrored.mean.floats[row]
      let logVariance = Array(plain.logVariance.floats[row]) + mirrored.logVariance.floats[row]
      guard mean.allSatisfy(\.isFinite), logVariance.allSatisfy(\.isFinite) else {
        throw NonFiniteLatent(image: index, path: path(index))
      }
      try part.append(index: index, mean: mean, logVariance: logVariance)
    }
  }

  private func run(_ rows: [(row: Int, image: RGBImage)]) throws
    -> (mean: HostTensor, logVariance: HostTensor)
  {
    input.floats.update(repeating: 0)
    let size = 3 * side * side
    for (row, image) in rows {
      _ = input.floats[row * size..<(row + 1) * size].update(fromContentsOf: image.signedUnit())
    }
    let result = try program.run(["images": input])
    guard let mean = result["mean"], let logVariance = result["log_variance"] else {
      throw ProgramError("the encoder's program returned no posterior")
    }
    return (mean, logVariance)
  }
}

/// The autoencoder left the numbers' range.
struct NonFiniteLatent: ExitCodeProviding, CustomStringConvertible {
  let image: Int
  let path: String
  var exitCode: ExitCode { .checkFailed }
  var description: String {
    "\(path) (image \(image)): its latent holds NaN or infinities; check the autoencoder's weights"
  }
}
