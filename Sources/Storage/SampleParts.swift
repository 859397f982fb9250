import Diagnostics
import Files
import Foundation

/// The samples of one fixed range of an image list, on their way into a joined file: columns
/// of records of fixed size. Broken images are left out, so there may be fewer samples than
/// images.
struct SamplePart: Sendable {
  let number: Int
  /// Places in the image list that this part stands for.
  let range: Range<Int>
  /// Bytes of a sample's record in each column.
  let widths: [Int]
  private(set) var indices: [UInt64] = []
  private(set) var columns: [[UInt8]]

  init(number: Int, range: Range<Int>, widths: [Int]) {
    self.number = number
    self.range = range
    self.widths = widths
    columns = widths.map { width in
      var column: [UInt8] = []
      column.reserveCapacity(range.count * width)
      return column
    }
  }

  /// Adds a record to each column. Images come in ascending order.
  mutating func append(index: Int, _ records: [UnsafeRawBufferPointer]) throws {
    guard range.contains(index), indices.last.map({ $0 < UInt64(index) }) ?? true,
      records.map(\.count) == widths
    else {
      throw InputError(
        "part \(number) of the samples",
        expected: "images of \(range) in order, records of \(widths) bytes",
        found: "image \(index), \(records.map(\.count)) bytes")
    }
    indices.append(UInt64(index))
    for (column, record) in records.enumerated() { columns[column].append(contentsOf: record) }
  }
}

/// A part's file: all that resuming and joining need, little-endian: 8 bytes that say what it
/// is, 64 of the inputs' hash, the number of samples as UInt64, their places in the image list
/// as UInt64, then column after column.
struct SamplePartFile {
  let file: ReadOnlyFile
  /// Places in the image list.
  let indices: [Int]
  /// Where the columns lie.
  let columns: [Range<Int>]

  private static let headerBytes = 8 + 64 + 8

  /// - Throws: `InputError` when the part is of other inputs, or damaged.
  init(path: String, range: Range<Int>, of parts: SampleParts) throws {
    file = try ReadOnlyFile(path)
    let damaged = InputError(
      path, expected: "a whole part of \(parts.holds)", found: "a damaged one",
      remedy: "remove it and run the command again")
    guard file.size >= SamplePartFile.headerBytes else { throw damaged }
    let header = try file.bytes(0..<SamplePartFile.headerBytes)
    guard header.starts(with: parts.mark.utf8) else { throw damaged }
    guard header[8..<72].elementsEqual(parts.inputsHash.utf8) else {
      throw InputError(
        path, expected: "a part of the same configuration, weights and image list",
        found: "one of others", remedy: "remove its folder, or run with what it was begun with")
    }
    let count = SamplePartFile.integers(header[72...])[0]
    guard count <= range.count else { throw damaged }
    var position = SamplePartFile.headerBytes + 8 * count
    var columns: [Range<Int>] = []
    for width in parts.widths {
      columns.append(position..<position + count * width)
      position += count * width
    }
    self.columns = columns
    guard file.size == position else { throw damaged }
    indices = SamplePartFile.integers(
      try file.bytes(SamplePartFile.headerBytes..<SamplePartFile.headerBytes + 8 * count)[...])
    guard indices.allSatisfy(range.contains),
      zip(indices, indices.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw damaged }
  }

  private static func integers(_ bytes: ArraySlice<UInt8>) -> [Int] {
    bytes.withUnsafeBytes { raw in
      (0..<raw.count / 8).map {
        Int(
          clamping: UInt64(
            littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
      }
    }
  }
}

/// The parts of a file that is to be joined from them, one file per fixed range of an image
/// list, in the folder `<path>.parts`. A run that is killed loses one part at most.
struct SampleParts: Sendable {
  /// First 8 bytes of each file.
  let mark: String
  /// What the joined file holds, for errors.
  let holds: String
  /// Where the parts are; removed once the file is whole.
  let folder: String
  /// What the samples depend on.
  let inputsHash: String
  /// Images, broken ones included.
  let count: Int
  let imagesPerPart: Int
  /// Bytes of a sample's record in each column.
  let widths: [Int]

  var partCount: Int { (count + imagesPerPart - 1) / imagesPerPart }

  /// Places in the image list that part `number` stands for.
  func range(ofPart number: Int) -> Range<Int> {
    number * imagesPerPart..<min((number + 1) * imagesPerPart, count)
  }

  /// Parts still to be written, ascending.
  /// - Throws: `InputError` when parts of other inputs are in the way.
  func missing() throws -> [Int] { try (0..<partCount).filter { try samples(ofPart: $0) == nil } }

  /// Places in the image list of a written part's samples: all of its range but the
  /// broken images. nil where the part is still to be written.
  /// - Throws: `InputError` when the part is one of other inputs.
  func samples(ofPart number: Int) throws -> [Int]? {
    guard FileManager.default.fileExists(atPath: path(number)) else { return nil }
    return try read(number).indices
  }

  /// An empty part to be filled and given to ``write(_:)``.
  func part(_ number: Int) -> SamplePart {
    SamplePart(number: number, range: range(ofPart: number), widths: widths)
  }

  /// Puts a part, complete but for broken images, on the disk.
  func write(_ part: SamplePart) throws {
    try AtomicFile.write(to: path(part.number)) { temporary in
      let file = try OutputFile(temporary)
      try file.write(Array(mark.utf8) + Array(inputsHash.utf8))
      try ([UInt64(part.indices.count)] + part.indices).map(\.littleEndian)
        .withUnsafeBytes { try file.write($0) }
      for column in part.columns { try file.write(column) }
    }
  }

  func read(_ number: Int) throws -> SamplePartFile {
    try SamplePartFile(path: path(number), range: range(ofPart: number), of: self)
  }

  /// Copies a column of all parts, in their order, into a file from `offset` on.
  func copy(column: Int, to file: OutputFile, at offset: Int) throws {
    var offset = offset
    for number in 0..<partCount {
      let part = try read(number)
      try part.file.forEachChunk(of: part.columns[column]) {
        try file.write($0, at: offset)
        offset += $0.count
      }
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  private func path(_ number: Int) -> String {
    let digits = String(number)
    return "\(folder)/part-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }
}
