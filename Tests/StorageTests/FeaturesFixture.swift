import Storage
import Testing

/// Seven images in parts of three; image 4 is broken.
struct FeaturesFixture {
  static let good = [0, 1, 2, 3, 5, 6]
  static let sources = (0..<7).map {
    FeaturesWriter.Source(
      hash: String(repeating: "\($0)a", count: 32), format: $0 < 4 ? "png" : "jpeg",
      label: Int32($0 % 2))
  }
  static let description = FeaturesDescription(
    extractor: "tiny", preprocessing: "adm", weightsHash: String(repeating: "ab", count: 32),
    inputSize: 4, dimensions: 3, spatialDimensions: 2, logitDimensions: 1, batch: 2,
    labelPolicy: "folderOrder", classNames: ["Kegel", "Würfel"], createdBy: "flowturbo test")

  /// The numbers of an image.
  static func values(_ image: Int, _ column: FeatureColumn) -> [Float] {
    let start = Float(100 * image)
    return switch column {
    case .features: [start, start + 1, start + 2]
    case .spatial: [-start, -start - 1]
    case .logits: [start / 3]
    }
  }

  static func writer(
    _ folder: String, description: FeaturesDescription = description,
    sources: [FeaturesWriter.Source] = sources
  ) throws -> FeaturesWriter {
    try FeaturesWriter(
      folder: folder, description: description, sources: sources, imagesPerPart: 3)
  }

  static func write(part number: Int, of writer: FeaturesWriter) throws {
    var part = writer.part(number)
    for image in part.range where good.contains(image) {
      let rows = Dictionary(
        uniqueKeysWithValues: FeatureColumn.allCases.map { ($0, values(image, $0)) })
      try rows.mapValues { $0 }.withPointers { pointers in
        try part.append(index: image, size: (8 + image, 9)) {
          pointers[$0] ?? UnsafeBufferPointer(start: nil, count: 0)
        }
      }
    }
    try writer.write(part)
  }

  /// Writes the whole file.
  @discardableResult
  static func make(_ folder: String, order: [Int] = [0, 1, 2]) throws -> FeaturesFile {
    let writer = try writer(folder)
    for number in order { try write(part: number, of: writer) }
    return try writer.finish()
  }

  /// Compares everything in the file with what was written.
  static func check(_ file: FeaturesFile, sourceLocation: SourceLocation = #_sourceLocation) throws
  {
    #expect(file.description == description, sourceLocation: sourceLocation)
    #expect(file.count == 6, sourceLocation: sourceLocation)
    #expect(file.examined == 7, sourceLocation: sourceLocation)
    let labels = try file.labels()
    #expect(labels == [0, 1, 0, 1, 1, 0], sourceLocation: sourceLocation)
    let indices = try file.sourceIndices()
    #expect(indices == good, sourceLocation: sourceLocation)
    let hashes = try file.imageHashes()
    #expect(hashes == good.map { sources[$0].hash }, sourceLocation: sourceLocation)
    let formats = try file.imageFormats()
    #expect(
      formats == ["png", "png", "png", "png", "jpeg", "jpeg"], sourceLocation: sourceLocation)
    let sizes = try file.imageSizes()
    #expect(sizes.map(\.width) == good.map { 8 + $0 }, sourceLocation: sourceLocation)
    #expect(sizes.map(\.height) == good.map { _ in 9 }, sourceLocation: sourceLocation)
    for column in FeatureColumn.allCases {
      let found = try file.read(column, rows: 0..<6)
      #expect(found == good.flatMap { values($0, column) }, sourceLocation: sourceLocation)
      let some = try file.read(column, rows: 2..<4)
      #expect(some == values(2, column) + values(3, column), sourceLocation: sourceLocation)
    }
  }
}

extension [FeatureColumn: [Float]] {
  fileprivate func withPointers(
    _ body: ([FeatureColumn: UnsafeBufferPointer<Float>]) throws -> Void
  ) throws {
    var pointers: [FeatureColumn: UnsafeBufferPointer<Float>] = [:]
    let copies = mapValues { values in
      let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
      _ = copy.initialize(from: values)
      return copy
    }
    defer { copies.values.forEach { $0.deallocate() } }
    for (column, copy) in copies { pointers[column] = UnsafeBufferPointer(copy) }
    try body(pointers)
  }
}
