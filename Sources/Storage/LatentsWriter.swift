import Diagnostics
import Files
import Foundation

/// Writes a latents file from parts, so that a run killed at any moment loses one
/// part at most and never leaves half a file under the final name.
///
/// Parts are files in `<path>.parts`, one per fixed range of the image list.
/// When all are there, ``finish()`` joins them in one pass. Memory is that of one
/// part, whatever the number of images; equal inputs give equal bytes.
public final class LatentsWriter: Sendable {
  /// An image to be encoded: its path relative to the data folder and its label.
  public struct Source: Sendable, Equatable {
    public let path: String
    public let label: Int32

    public init(path: String, label: Int32) {
      self.path = path
      self.label = label
    }
  }

  public let path: String
  /// SHA-256 over the description (VAE hash included, `identity` in place of the
  /// configuration), the image list and the parts' size: what the file's samples depend on.
  public var inputsHash: String { parts.inputsHash }

  private let description: LatentsDescription
  private let sources: [Source]
  private let parts: SampleParts

  /// - Parameters:
  ///   - path: the latents file to be.
  ///   - sources: all images in their order, broken ones included.
  ///   - imagesPerPart: a multiple of the encoder's batch size.
  ///   - identity: what of the configuration determines the samples; nil for all of it.
  public init(
    path: String, description: LatentsDescription, sources: [Source], imagesPerPart: Int = 512,
    identity: String? = nil
  ) throws {
    guard let latentCount = description.latentCount, imagesPerPart > 0, !sources.isEmpty else {
      throw InputError(
        path, expected: "images and the shape of their latents",
        found: "\(sources.count) images, latents of (\(description.channels), "
          + "\(description.height), \(description.width))")
    }
    let classes = description.classNames.count
    if let wrong = sources.first(where: { $0.label < 0 || Int($0.label) >= classes }) {
      throw InputError(
        wrong.path, expected: "a label from 0 to \(classes - 1)", found: "\(wrong.label)")
    }
    self.path = path
    self.description = description
    self.sources = sources
    let digest = SHA256Digest()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var hashed = description
    if let identity { hashed.configuration = identity }
    digest.update(String(decoding: try encoder.encode(hashed), as: UTF8.self))
    digest.update("\n\(imagesPerPart)\n")
    for source in sources { digest.update("\(source.label) \(JSONText.quoted(source.path))\n") }
    // Both flips, (2, C, H, W): means and log-variances.
    parts = SampleParts(
      mark: "FTLPART1", holds: "a latents file", folder: path + ".parts",
      inputsHash: digest.hexadecimal(), count: sources.count, imagesPerPart: imagesPerPart,
      widths: [8 * latentCount, 8 * latentCount])
  }

  // MARK: Parts

  public var partCount: Int { parts.partCount }

  /// Places in the image list that part `number` stands for.
  public func range(ofPart number: Int) -> Range<Int> { parts.range(ofPart: number) }

  /// Parts still to be written, ascending.
  /// - Throws: `InputError` when parts of other inputs are in the way.
  public func missingParts() throws -> [Int] { try parts.missing() }

  /// Places in the image list of a written part's samples: all of its range but the
  /// broken images. nil where the part is still to be written.
  /// - Throws: `InputError` when the part is one of other inputs.
  public func samples(ofPart number: Int) throws -> [Int]? { try parts.samples(ofPart: number) }

  /// An empty part to be filled and given to ``write(_:)``.
  public func part(_ number: Int) -> LatentsPart { LatentsPart(samples: parts.part(number)) }

  /// Puts a part, complete but for broken images, on the disk.
  public func write(_ part: LatentsPart) throws { try parts.write(part.samples) }

  /// Where the parts are; removed once the file is whole.
  public var partsFolder: String { parts.folder }

  // MARK: The whole

  /// Whether the file is there already, made from the same inputs; left-over parts go.
  /// - Throws: `InputError` when another file is in its place.
  public func isFinished() throws -> Bool {
    guard FileManager.default.fileExists(atPath: path) else { return false }
    let index = try LatentsIndex.sealed(in: ReadOnlyFile(path))
    guard index?.inputsHash == inputsHash else {
      throw InputError(
        path, expected: "no file, or one of the same configuration, VAE and image list",
        found: "another", remedy: "choose another output or remove it")
    }
    // A kill between the rename and the clearing up leaves parts behind.
    parts.remove()
    return true
  }

  /// Joins the parts into the file and removes them.
  /// - Returns: the number of samples.
  @discardableResult
  public func finish() throws -> Int {
    var good: [Int] = []
    for number in 0..<partCount { good += try parts.read(number).indices }
    guard !good.isEmpty else {
      throw InputError(path, expected: "images that can be read", found: "none")
    }
    let plan = LatentsIndex(
      description: description, inputsHash: inputsHash, count: good.count,
      sourcePathWidth: FixedText.width(good.lazy.map { self.sources[$0].path }),
      classNameWidth: FixedText.width(description.classNames))
    let userBlockSize = try plan.userBlockSize()
    try AtomicFile.write(to: path) { temporary in
      let index = try plan.create(temporary, userBlockSize: userBlockSize)
      try writeValues(index, good: good, to: temporary)
      try index.seal(temporary, userBlockSize: userBlockSize)
    }
    parts.remove()
    return good.count
  }

  /// Fills the datasets, which lie in the file as HDF5 reserved them.
  private func writeValues(_ index: LatentsIndex, good: [Int], to path: String) throws {
    let file = try OutputFile(path, truncating: false)
    try parts.copy(column: 0, to: file, at: index.mean)
    try parts.copy(column: 1, to: file, at: index.logVariance)
    try good.map { sources[$0].label.littleEndian }.withUnsafeBytes {
      try file.write($0, at: index.labels)
    }
    var offset = index.sourcePaths
    for start in stride(from: 0, to: good.count, by: 1024) {
      let texts = good[start..<min(start + 1024, good.count)].flatMap {
        FixedText.bytes(sources[$0].path, width: index.sourcePathWidth)
      }
      try file.write(texts, at: offset)
      offset += texts.count
    }
    try file.write(
      description.classNames.flatMap { FixedText.bytes($0, width: index.classNameWidth) },
      at: index.classNames)
  }
}
