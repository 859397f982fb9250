import Diagnostics
import Files

/// The header in front of a member's data (APPNOTE.TXT 4.3.7), held against the directory.
enum ZipLocalHeader {
  private static let length = 30
  /// Deflate makes at most 258 bytes of 2 bits.
  private static let mostPerDeflatedByte = 1032

  /// The member that the directory's `entry` describes.
  /// - Parameter end: where the directory begins: the member must end before.
  static func member(
    _ entry: ZipDirectory.Entry, in file: ReadOnlyFile, before end: Int
  ) throws -> ZipArchive.Member {
    let name = try checkedName(entry.name, path: file.path)
    let subject = "\(file.path): zip member '\(name)'"
    try check(flags: entry.flags, subject)
    let method = try method(entry, subject)
    guard entry.localOffset <= end, end - entry.localOffset >= length else {
      throw InputError(
        subject, expected: "a header before byte \(end)",
        found: "its place given as \(entry.localOffset)")
    }
    let fixed = entry.localOffset..<entry.localOffset + length
    var header = LittleEndianReader(try file.bytes(fixed)[...], subject: subject)
    guard try header.number(UInt32.self) == 0x0403_4B50 else {
      throw InputError(
        subject, expected: "a zip header at byte \(entry.localOffset)", found: "other bytes",
        remedy: "the file is damaged: copy it again")
    }
    _ = try header.take(2)  // version
    let flags = try header.number(UInt16.self)
    try check(flags: flags, subject)
    let localMethod = try header.number(UInt16.self)
    _ = try header.take(8)  // time, date and checksum
    let compressedSize = try header.number(UInt32.self)
    let size = try header.number(UInt32.self)
    let nameLength = Int(try header.number(UInt16.self))
    let extraLength = Int(try header.number(UInt16.self))
    let dataStart = fixed.upperBound + nameLength + extraLength
    guard dataStart <= end, entry.compressedSize <= end - dataStart else {
      throw InputError(
        subject, expected: "at most \(max(0, end - dataStart)) bytes in the file",
        found: "\(entry.compressedSize)", remedy: "the file may be cut off: copy it again")
    }
    let rest = try file.bytes(fixed.upperBound..<dataStart)
    guard rest.prefix(nameLength) == entry.name[...], localMethod == entry.method else {
      throw InputError(
        subject, expected: "the same name and method in its header",
        found: "others", remedy: "the file is damaged: copy it again")
    }
    var zip64 = try Zip64Field(extra: rest[nameLength...], path: file.path)
    // With bit 3, sizes stand behind the data, and the header may have none.
    let hasSizes = flags & 8 == 0
    guard
      try !hasSizes
        || (zip64.widen(size), zip64.widen(compressedSize)) == (entry.size, entry.compressedSize)
    else {
      throw InputError(
        subject, expected: "the same sizes in its header and in the directory", found: "others",
        remedy: "the file is damaged: copy it again")
    }
    return ZipArchive.Member(
      name: name, size: entry.size, method: method, compressedSize: entry.compressedSize,
      dataStart: dataStart, checksum: entry.checksum)
  }

  private static func check(flags: UInt16, _ subject: String) throws {
    // Bits 0 and 6: encrypted; 13: parts of the header hidden; 5: a patch of another file.
    guard flags & (1 | 1 << 5 | 1 << 6 | 1 << 13) == 0 else {
      throw InputError(subject, expected: "a plain member", found: "an encrypted one or a patch")
    }
  }

  private static func method(
    _ entry: ZipDirectory.Entry, _ subject: String
  ) throws -> ZipArchive.Method {
    switch entry.method {
    case 0:
      guard entry.size == entry.compressedSize else {
        throw InputError(
          subject, expected: "\(entry.compressedSize) bytes, as many as are stored",
          found: "a size of \(entry.size)")
      }
      return .stored
    case 8:
      let (most, overflow) = entry.compressedSize
        .multipliedReportingOverflow(by: mostPerDeflatedByte)
      guard overflow || entry.size <= most else {
        throw InputError(
          subject, expected: "at most \(most) bytes out of \(entry.compressedSize) deflated ones",
          found: "a size of \(entry.size)")
      }
      return .deflated
    default:
      throw InputError(
        subject, expected: "a stored or deflated member",
        found: "compression method \(entry.method)", remedy: "pack it again with one of these")
    }
  }

  private static func checkedName(_ bytes: [UInt8], path: String) throws -> String {
    guard let name = String(validating: bytes, as: UTF8.self), ZipNames.isUsable(bytes) else {
      throw InputError(
        path, expected: "names of zip members in UTF-8 that are no paths out of a folder",
        found: "'\(String(decoding: bytes.filter { (0x20..<0x7F).contains($0) }, as: UTF8.self))'")
    }
    return name
  }
}
