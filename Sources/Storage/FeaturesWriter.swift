import Diagnostics
import Files
import Foundation

/// Writes a file of features from parts, so that a run killed at any moment loses one part at
/// most and never leaves half a file under the final name: the way of ``LatentsWriter``.
///
/// The file's name holds the hash of all that determines its features, so features of other
/// images, of another network or of another preparation are never taken for these.
public final class FeaturesWriter {
  /// An image to be looked at.
  public struct Source: Sendable, Equatable {
    /// SHA-256 of its content in hexadecimal.
    public let hash: String
    /// What it is stored as: `png`, `jpeg` or `npz`.
    public let format: String
    /// nil where the set has no labels.
    public let label: Int32?

    public init(hash: String, format: String, label: Int32?) {
      self.hash = hash
      self.format = format
      self.label = label
    }
  }

  /// The file: in the cache's folder, named after the extractor and the inputs' hash.
  public let path: String
  /// SHA-256 over the description, the images' hashes, formats and labels in order, and the
  /// parts' size: what the file's bytes depend on.
  public var inputsHash: String { parts.inputsHash }

  private let description: FeaturesDescription
  private let sources: [Source]
  private let parts: SampleParts

  /// - Parameters:
  ///   - folder: the cache.
  ///   - sources: all images in their order, broken ones included.
  ///   - imagesPerPart: a multiple of the extractor's batch.
  public init(
    folder: String, description: FeaturesDescription, sources: [Source], imagesPerPart: Int
  ) throws {
    guard description.isSound, imagesPerPart > 0, !sources.isEmpty,
      sources.count <= Int(Int32.max)
    else {
      throw InputError(
        folder, expected: "images and the dimensions of their features",
        found: "\(sources.count) images, \(description.dimensions) dimensions")
    }
    guard sources.allSatisfy({ ($0.label != nil) == description.hasLabels }) else {
      throw InputError(folder, expected: "a label for each image or for none", found: "some")
    }
    self.description = description
    self.sources = sources
    let digest = SHA256Digest()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    digest.update(String(decoding: try encoder.encode(description), as: UTF8.self))
    digest.update("\n\(imagesPerPart)\n")
    for source in sources {
      digest.update("\(source.hash) \(source.format) \(source.label.map(String.init) ?? "-")\n")
    }
    let hash = digest.hexadecimal()
    path =
      "\(folder)/\(description.extractor)-\(description.preprocessing)-\(hash.prefix(16)).h5"
    parts = SampleParts(
      mark: "FTFPART1", holds: "a file of features", folder: path + ".parts", inputsHash: hash,
      count: sources.count, imagesPerPart: imagesPerPart,
      widths: [8] + description.columns.map { 4 * description.dimensions(of: $0) })
  }

  // MARK: Parts

  public var partCount: Int { parts.partCount }

  /// Places in the image list that part `number` stands for.
  public func range(ofPart number: Int) -> Range<Int> { parts.range(ofPart: number) }

  /// Places in the image list of a written part's samples: all of its range but the
  /// broken images. nil where the part is still to be written.
  public func samples(ofPart number: Int) throws -> [Int]? { try parts.samples(ofPart: number) }

  /// An empty part to be filled and given to ``write(_:)``.
  public func part(_ number: Int) -> FeaturesPart {
    FeaturesPart(samples: parts.part(number), columns: description.columns)
  }

  /// Puts a part, complete but for broken images, on the disk.
  public func write(_ part: FeaturesPart) throws { try parts.write(part.samples) }

  /// Where the parts are; removed once the file is whole.
  public var partsFolder: String { parts.folder }

  // MARK: The whole

  /// The file, if it is there already; left-over parts go.
  /// - Throws: `InputError` when another file is in its place.
  public func finished() throws -> FeaturesFile? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard try FeaturesIndex.sealed(in: ReadOnlyFile(path))?.inputsHash == inputsHash else {
      throw InputError(
        path, expected: "the features of these images", found: "a damaged or changed file",
        remedy: "remove it to compute them again")
    }
    // A kill between the rename and the clearing up leaves parts behind.
    parts.remove()
    return try FeaturesFile(path: path)
  }

  /// Joins the parts into the file and removes them.
  public func finish() throws -> FeaturesFile {
    var good: [Int] = []
    for number in 0..<partCount { good += try parts.read(number).indices }
    guard !good.isEmpty else {
      throw InputError(path, expected: "images that can be read", found: "none")
    }
    let plan = plan(good)
    let userBlockSize = try plan.userBlockSize()
    try AtomicFile.write(to: path) { temporary in
      let index = try plan.create(temporary, userBlockSize: userBlockSize)
      try writeValues(index, good: good, to: temporary)
      try index.seal(temporary, userBlockSize: userBlockSize)
    }
    parts.remove()
    return try FeaturesFile(path: path)
  }

  /// The index but for the offsets.
  private func plan(_ good: [Int]) -> FeaturesIndex {
    var index = FeaturesIndex(
      description: description, inputsHash: inputsHash, count: good.count,
      examined: sources.count)
    func put(_ name: String, _ count: Int, _ size: Int) {
      index.places[name] = .init(offset: .max, size: size, count: count)
    }
    for column in description.columns {
      put(column.rawValue, good.count, 4 * description.dimensions(of: column))
    }
    for dataset in FeaturesIndex.Dataset.allCases {
      let name = dataset.rawValue
      switch dataset {
      case .hashes:
        put(name, good.count, FixedText.width(good.lazy.map { self.sources[$0].hash }))
      case .formats:
        put(name, good.count, FixedText.width(good.lazy.map { self.sources[$0].format }))
      case .sizes: put(name, good.count, 8)
      case .sources: put(name, good.count, 4)
      case .labels: if description.hasLabels { put(name, good.count, 4) }
      case .classNames:
        let names = description.classNames
        if !names.isEmpty { put(name, names.count, FixedText.width(names)) }
      }
    }
    return index
  }

  /// Fills the datasets, which lie in the file as HDF5 reserved them.
  private func writeValues(_ index: FeaturesIndex, good: [Int], to path: String) throws {
    let file = try OutputFile(path, truncating: false)
    func put<S: Sequence>(
      _ dataset: FeaturesIndex.Dataset, _ values: S, _ bytes: (S.Element, Int) -> [UInt8]
    ) throws {
      guard let place = index.place(dataset) else { return }
      var offset = place.offset
      var waiting: [UInt8] = []
      for value in values {
        waiting += bytes(value, place.size)
        guard waiting.count >= 1 << 20 else { continue }
        try file.write(waiting, at: offset)
        offset += waiting.count
        waiting = []
      }
      try file.write(waiting, at: offset)
    }
    func little(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
    if let sizes = index.place(.sizes) {
      try parts.copy(column: 0, to: file, at: sizes.offset)
    }
    for (number, column) in description.columns.enumerated() {
      guard let place = index.place(column) else { continue }
      try parts.copy(column: 1 + number, to: file, at: place.offset)
    }
    try put(.hashes, good) { FixedText.bytes(sources[$0].hash, width: $1) }
    try put(.formats, good) { FixedText.bytes(sources[$0].format, width: $1) }
    try put(.sources, good) { index, _ in little(Int32(clamping: index)) }
    try put(.labels, good) { index, _ in little(sources[index].label ?? 0) }
    try put(.classNames, description.classNames) { FixedText.bytes($0, width: $1) }
  }
}

/// The features of one fixed range of the image list. Broken images are left out.
public struct FeaturesPart: Sendable {
  var samples: SamplePart
  let columns: [FeatureColumn]

  public var number: Int { samples.number }
  /// Places in the image list that this part stands for.
  public var range: Range<Int> { samples.range }

  /// Adds image `index`. Images come in ascending order.
  /// - Parameters:
  ///   - size: width and height in pixels.
  ///   - row: the numbers of each column; asked only for those that are stored.
  public mutating func append(
    index: Int, size: (width: Int, height: Int),
    _ row: (FeatureColumn) -> UnsafeBufferPointer<Float>
  ) throws {
    let sides = [
      Int32(clamping: size.width).littleEndian, Int32(clamping: size.height).littleEndian,
    ]
    try sides.withUnsafeBytes { sides in
      try samples.append(index: index, [sides] + columns.map { UnsafeRawBufferPointer(row($0)) })
    }
  }
}
