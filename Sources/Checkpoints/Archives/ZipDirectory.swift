import Diagnostics
import Files

/// The central directory of a zip archive (APPNOTE.TXT 6.3, sections 4.3.12 to 4.3.16), found by
/// the end record and checked for agreeing with it, with Zip64 where that is used.
struct ZipDirectory {
  let entries: [Entry]
  /// Where the directory begins: members lie before it.
  let offset: Int

  /// A member as the directory describes it; offset and sizes are not yet held against the file.
  struct Entry {
    let name: [UInt8]
    let flags: UInt16
    let method: UInt16
    let checksum: UInt32
    let compressedSize: Int
    let size: Int
    let localOffset: Int
  }

  /// More than any archive of tensors has: over 50 000 members.
  private static let largest = 1 << 22

  init(_ file: ReadOnlyFile) throws {
    let end = try ZipEndRecord(file)
    guard end.directorySize <= ZipDirectory.largest else {
      throw InputError(
        file.path, expected: "a zip directory of at most \(ZipDirectory.largest) bytes",
        found: "\(end.directorySize)")
    }
    let bytes = try file.bytes(end.directoryOffset..<end.directoryOffset + end.directorySize)
    var reader = LittleEndianReader(bytes[...], subject: "\(file.path): zip directory")
    var entries: [Entry] = []
    entries.reserveCapacity(end.count)
    for _ in 0..<end.count { entries.append(try ZipDirectory.entry(&reader, path: file.path)) }
    guard reader.isAtEnd else {
      throw InputError(
        file.path, expected: "a zip directory of \(end.count) members",
        found: "\(reader.rest.count) bytes after them")
    }
    self.entries = entries
    offset = end.directoryOffset
  }

  private static func entry(_ reader: inout LittleEndianReader, path: String) throws -> Entry {
    guard try reader.number(UInt32.self) == 0x0201_4B50 else {
      throw InputError(
        path, expected: "a member in the zip directory", found: "other bytes",
        remedy: "the file may be damaged")
    }
    _ = try reader.take(4)  // versions
    let flags = try reader.number(UInt16.self)
    let method = try reader.number(UInt16.self)
    _ = try reader.take(4)  // time and date
    let checksum = try reader.number(UInt32.self)
    let compressedSize = try reader.number(UInt32.self)
    let size = try reader.number(UInt32.self)
    let lengths = try (0..<3).map { _ in Int(try reader.number(UInt16.self)) }
    let disk = try reader.number(UInt16.self)
    _ = try reader.take(6)  // attributes
    let localOffset = try reader.number(UInt32.self)
    let name = try reader.take(lengths[0])
    var zip64 = try Zip64Field(extra: reader.take(lengths[1]), path: path)
    _ = try reader.take(lengths[2])  // comment
    // The field holds, in this order, those numbers that did not fit.
    let fullSize = try zip64.widen(size)
    let fullCompressedSize = try zip64.widen(compressedSize)
    let fullOffset = try zip64.widen(localOffset)
    guard disk == 0 || disk == 0xFFFF && zip64.isPresent else {
      throw InputError(path, expected: "a zip archive in one file", found: "one of several disks")
    }
    return Entry(
      name: Array(name), flags: flags, method: method, checksum: checksum,
      compressedSize: fullCompressedSize, size: fullSize, localOffset: fullOffset)
  }
}

/// The extra field with the 64-bit numbers for which a header has no room.
struct Zip64Field {
  private var reader: LittleEndianReader?
  private let path: String

  /// - Parameter extra: all extra fields of a header.
  init(extra: ArraySlice<UInt8>, path: String) throws {
    self.path = path
    let subject = "\(path): extra field of a zip member"
    var fields = LittleEndianReader(extra, subject: subject)
    // Up to three bytes that are no field are left by tools that align members.
    while fields.rest.count >= 4 {
      let kind = try fields.number(UInt16.self)
      let body = try fields.take(Int(try fields.number(UInt16.self)))
      guard kind == 1 else { continue }
      guard reader == nil else {
        throw InputError(path, expected: "one Zip64 field per member", found: "two")
      }
      reader = LittleEndianReader(body, subject: subject)
    }
  }

  var isPresent: Bool { reader != nil }

  /// The number itself, or the field's next one where `number` says to look there.
  mutating func widen(_ number: UInt32) throws -> Int {
    guard number == 0xFFFF_FFFF else { return Int(number) }
    guard let wide = try reader?.number(UInt64.self) else {
      throw InputError(path, expected: "a Zip64 field beside a full zip header", found: "none")
    }
    return try Zip64Field.int(wide, path: path)
  }

  static func int(_ number: UInt64, path: String) throws -> Int {
    guard let value = Int(exactly: number) else {
      throw InputError(path, expected: "sizes and offsets below 2^63", found: "\(number)")
    }
    return value
  }
}
