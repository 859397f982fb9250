import Diagnostics
import Files

/// Writes a zip archive of stored members (APPNOTE.TXT 6.3), in Zip64 form where it needs that.
/// Its bytes depend on names and contents alone.
struct ZipWriter: ~Copyable {
  private let file: OutputFile
  private let path: String
  private var entries: [ZipEntry] = []
  private var names: Set<String> = []

  /// - Parameters:
  ///   - file: a new and empty one.
  ///   - path: what messages call it.
  init(_ file: OutputFile, path: String) {
    self.file = file
    self.path = path
  }

  /// - Parameters:
  ///   - size: bytes that `body` will hand over, exactly.
  ///   - body: hands them over piece by piece.
  mutating func add(
    _ name: String, size: Int,
    _ body: (_ put: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    guard names.insert(name).inserted, ZipNames.isUsable(Array(name.utf8)) else {
      throw InputError(
        path, expected: "different names that are no paths out of a folder", found: "'\(name)'")
    }
    var entry = ZipEntry(name: name, size: size, offset: file.position)
    // The checksum is not known yet: this header is written again at the end.
    try file.write(entry.localHeader)
    let start = file.position
    var checksum = CRC32()
    try body { bytes in
      checksum.update(bytes)
      try file.write(bytes)
    }
    guard file.position - start == size else {
      throw InputError(
        "\(path): '\(name)'", expected: "\(size) bytes", found: "\(file.position - start)")
    }
    entry.checksum = checksum.value
    try file.write(entry.localHeader, at: entry.offset)
    entries.append(entry)
  }

  /// Writes the directory: nothing can be added afterwards.
  consuming func finish() throws {
    let offset = file.position
    for entry in entries { try file.write(entry.directoryEntry) }
    try file.write(
      ZipEntry.end(count: entries.count, directory: offset..<file.position))
  }
}

/// The records around a stored member and at an archive's end.
private struct ZipEntry {
  let name: String
  let size: Int
  let offset: Int
  var checksum: UInt32 = 0

  init(name: String, size: Int, offset: Int) {
    self.name = name
    self.size = size
    self.offset = offset
  }

  /// Sizes and offsets from here on stand in Zip64 fields.
  private static let limit = 0xFFFF_FFFF
  private static let countLimit = 0xFFFF
  /// The first day the format knows, so that equal data give equal bytes.
  private static let date: UInt16 = 1 << 5 | 1

  var localHeader: [UInt8] {
    var record = LittleEndianWriter()
    record.put(UInt32(0x0403_4B50))
    let extra = sizeField
    common(&record, extra: extra)
    record.bytes += Array(name.utf8)
    record.bytes += extra
    return record.bytes
  }

  var directoryEntry: [UInt8] {
    var record = LittleEndianWriter()
    record.put(UInt32(0x0201_4B50))
    record.put(UInt16(45))
    var extra = sizeField
    if offset >= ZipEntry.limit {
      var field = LittleEndianWriter()
      field.put(UInt16(1))
      field.put(UInt16(extra.isEmpty ? 8 : 24))
      field.bytes += extra.dropFirst(4)
      field.put(UInt64(offset))
      extra = field.bytes
    }
    common(&record, extra: extra)
    record.put(UInt16(0))  // comment
    record.put(UInt16(0))  // disk
    record.put(UInt16(0))  // internal attributes
    record.put(UInt32(0))  // external attributes
    record.put(UInt32(min(offset, ZipEntry.limit)))
    record.bytes += Array(name.utf8)
    record.bytes += extra
    return record.bytes
  }

  static func end(count: Int, directory: Range<Int>) -> [UInt8] {
    var record = LittleEndianWriter()
    if count >= countLimit || directory.lowerBound >= limit || directory.count >= limit {
      record.put(UInt32(0x0606_4B50))
      record.put(UInt64(44))
      record.put(UInt16(45))
      record.put(UInt16(45))
      record.put(UInt32(0))
      record.put(UInt32(0))
      record.put(UInt64(count))
      record.put(UInt64(count))
      record.put(UInt64(directory.count))
      record.put(UInt64(directory.lowerBound))
      record.put(UInt32(0x0706_4B50))
      record.put(UInt32(0))
      record.put(UInt64(directory.upperBound))
      record.put(UInt32(1))
    }
    record.put(UInt32(0x0605_4B50))
    record.put(UInt16(0))
    record.put(UInt16(0))
    record.put(UInt16(min(count, countLimit)))
    record.put(UInt16(min(count, countLimit)))
    record.put(UInt32(min(directory.count, limit)))
    record.put(UInt32(min(directory.lowerBound, limit)))
    record.put(UInt16(0))
    return record.bytes
  }

  /// From "version needed" to "extra length", in both headers.
  private func common(_ record: inout LittleEndianWriter, extra: [UInt8]) {
    record.put(UInt16(extra.isEmpty ? 20 : 45))
    // Bit 11: the name is UTF-8, which ASCII need not say.
    record.put(UInt16(name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 1 << 11))
    record.put(UInt16(0))  // stored
    record.put(UInt16(0))  // time
    record.put(ZipEntry.date)
    record.put(checksum)
    record.put(UInt32(min(size, ZipEntry.limit)))
    record.put(UInt32(min(size, ZipEntry.limit)))
    record.put(UInt16(name.utf8.count))
    record.put(UInt16(extra.count))
  }

  /// The Zip64 field with both sizes; empty where they fit.
  private var sizeField: [UInt8] {
    guard size >= ZipEntry.limit else { return [] }
    var record = LittleEndianWriter()
    record.put(UInt16(1))
    record.put(UInt16(16))
    record.put(UInt64(size))
    record.put(UInt64(size))
    return record.bytes
  }
}

private struct LittleEndianWriter {
  var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
