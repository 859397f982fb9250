import Diagnostics
import Files

/// Writes the sample batch that evaluators read: a NumPy `.npz` whose one array
/// `arr_0` is uint8 of shape (N, H, W, C), stored without compression, in Zip64
/// form where it needs that. Its bytes depend on the values alone.
public struct NPZWriter: ~Copyable {
  private let file: OutputFile
  private let dataCount: Int
  private var checksum = CRC32()
  private var written = 0

  /// Creates `path`, whole or not at all, from the bytes that `body` appends in
  /// row-major order.
  /// - Parameter shape: known beforehand; `body` must append exactly that many bytes.
  public static func write(
    to path: String, shape: [Int], _ body: (inout NPZWriter) throws -> Void
  ) throws {
    var dataCount = 1
    for dimension in shape {
      let (product, overflow) = dataCount.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow, product < Int.max - 1024 else {
        throw InputError(path, expected: "a shape that can be stored", found: "\(shape)")
      }
      dataCount = product
    }
    try AtomicFile.write(to: path) { temporary in
      let header = npyHeader(shape: shape)
      let entry = ZipEntry(name: "arr_0.npy", size: header.count + dataCount)
      var writer = NPZWriter(file: try OutputFile(temporary), dataCount: dataCount)
      // The checksum is not known yet: this header is written again at the end.
      try writer.file.write(entry.localHeader(checksum: 0))
      try header.withUnsafeBytes { try writer.put($0) }
      try body(&writer)
      guard writer.written == header.count + dataCount else {
        throw InputError(
          path, expected: "\(dataCount) bytes for shape \(shape)",
          found: "\(writer.written - header.count)")
      }
      try writer.file.write(entry.localHeader(checksum: writer.checksum.value), at: 0)
      try writer.file.write(
        entry.directory(checksum: writer.checksum.value, at: writer.file.position))
    }
  }

  private init(file: OutputFile, dataCount: Int) {
    self.file = file
    self.dataCount = dataCount
  }

  /// Appends pixels in row-major order.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws { try put(bytes) }

  public mutating func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try put($0) }
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) throws {
    checksum.update(bytes)
    try file.write(bytes)
    written += bytes.count
  }

  /// NPY format 1.0; the data begin at a multiple of 64 bytes of the member.
  static func npyHeader(shape: [Int]) -> [UInt8] {
    let dimensions = shape.map(String.init).joined(separator: ", ")
    let tuple = shape.count == 1 ? "(\(dimensions),)" : "(\(dimensions))"
    var text = Array("{'descr': '|u1', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    let padding = (64 - (10 + text.count + 1) % 64) % 64
    text += [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    return [0x93] + Array("NUMPY".utf8) + [1, 0]
      + [UInt8(text.count & 255), UInt8(text.count >> 8)] + text
  }
}

/// The records around the one stored member of a zip archive (APPNOTE.TXT 6.3).
private struct ZipEntry {
  let name: String
  let size: Int

  /// Sizes and offsets from here on stand in Zip64 fields.
  private static let limit = 0xFFFF_FFFF
  /// The first day the format knows, so that equal data give equal bytes.
  private static let date: UInt16 = 1 << 5 | 1

  private var isZip64: Bool { size >= ZipEntry.limit }

  func localHeader(checksum: UInt32) -> [UInt8] {
    var record = LittleEndianBytes()
    record.put(UInt32(0x0403_4B50))
    common(&record, checksum: checksum)
    record.bytes += Array(name.utf8)
    record.bytes += extra
    return record.bytes
  }

  /// Central directory and end records, which begin at `offset`.
  func directory(checksum: UInt32, at offset: Int) -> [UInt8] {
    var record = LittleEndianBytes()
    record.put(UInt32(0x0201_4B50))
    record.put(UInt16(45))
    common(&record, checksum: checksum)
    record.put(UInt16(0))  // comment
    record.put(UInt16(0))  // disk
    record.put(UInt16(0))  // internal attributes
    record.put(UInt32(0))  // external attributes
    record.put(UInt32(0))  // offset of the local header
    record.bytes += Array(name.utf8)
    record.bytes += extra
    let length = record.bytes.count
    if offset >= ZipEntry.limit {
      record.put(UInt32(0x0606_4B50))
      record.put(UInt64(44))
      record.put(UInt16(45))
      record.put(UInt16(45))
      record.put(UInt32(0))
      record.put(UInt32(0))
      record.put(UInt64(1))
      record.put(UInt64(1))
      record.put(UInt64(length))
      record.put(UInt64(offset))
      record.put(UInt32(0x0706_4B50))
      record.put(UInt32(0))
      record.put(UInt64(offset + length))
      record.put(UInt32(1))
    }
    record.put(UInt32(0x0605_4B50))
    record.put(UInt16(0))
    record.put(UInt16(0))
    record.put(UInt16(1))
    record.put(UInt16(1))
    record.put(UInt32(length))
    record.put(UInt32(min(offset, ZipEntry.limit)))
    record.put(UInt16(0))
    return record.bytes
  }

  /// From "version needed" to "extra length", equal in both headers.
  private func common(_ record: inout LittleEndianBytes, checksum: UInt32) {
    record.put(UInt16(isZip64 ? 45 : 20))
    record.put(UInt16(0))  // flags
    record.put(UInt16(0))  // stored
    record.put(UInt16(0))  // time
    record.put(ZipEntry.date)
    record.put(checksum)
    record.put(UInt32(min(size, ZipEntry.limit)))
    record.put(UInt32(min(size, ZipEntry.limit)))
    record.put(UInt16(name.utf8.count))
    record.put(UInt16(extra.count))
  }

  private var extra: [UInt8] {
    guard isZip64 else { return [] }
    var record = LittleEndianBytes()
    record.put(UInt16(1))
    record.put(UInt16(16))
    record.put(UInt64(size))
    record.put(UInt64(size))
    return record.bytes
  }
}

private struct LittleEndianBytes {
  var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
