import Diagnostics
import Files

/// What the records at the end of a zip archive say of its directory, checked against the
/// size of the file.
struct ZipEndRecord {
  private(set) var count: Int
  private(set) var directorySize: Int
  private(set) var directoryOffset: Int

  private static let length = 22
  private static let locatorLength = 20
  private static let longestComment = 0xFFFF

  init(_ file: ReadOnlyFile) throws {
    let tailStart = max(0, file.size - ZipEndRecord.length - ZipEndRecord.longestComment)
    let tail = try file.bytes(tailStart..<file.size)
    guard let place = ZipEndRecord.find(in: tail) else {
      throw InputError(
        file.path, expected: "a zip archive's end record", found: "none",
        remedy: "the file may be cut off: copy it again")
    }
    var reader = LittleEndianReader(tail[(place + 4)...], subject: file.path)
    let disks = (try reader.number(UInt16.self), try reader.number(UInt16.self))
    let countHere = try reader.number(UInt16.self)
    let count = try reader.number(UInt16.self)
    let size = try reader.number(UInt32.self)
    let offset = try reader.number(UInt32.self)
    self.count = Int(count)
    directorySize = Int(size)
    directoryOffset = Int(offset)
    var end = tailStart + place

    if let wide = try Zip64EndRecord(file, before: end) {
      // Each number of the short record is that of the long one or full.
      guard count == 0xFFFF || Int(count) == wide.count,
        size == 0xFFFF_FFFF || Int(size) == wide.directorySize,
        offset == 0xFFFF_FFFF || Int(offset) == wide.directoryOffset
      else {
        throw InputError(
          file.path, expected: "zip end records that agree", found: "two directories",
          remedy: "the file may be damaged")
      }
      (self.count, directorySize) = (wide.count, wide.directorySize)
      (directoryOffset, end) = (wide.directoryOffset, wide.start)
    }
    guard disks == (0, 0) || disks == (0xFFFF, 0xFFFF), countHere == count else {
      throw InputError(
        file.path, expected: "a zip archive in one file", found: "one of several disks")
    }
    guard self.count > 0 else {
      throw InputError(file.path, expected: "members in the zip archive", found: "none")
    }
    guard directoryOffset <= end, directorySize == end - directoryOffset else {
      throw InputError(
        file.path, expected: "a zip directory up to byte \(end)",
        found: "\(directorySize) bytes from \(directoryOffset) on",
        remedy: "the file may be cut off or damaged")
    }
    // A directory entry has 46 bytes and a name.
    guard self.count <= directorySize / 46 else {
      throw InputError(
        file.path, expected: "a zip directory of \(self.count) members",
        found: "\(directorySize) bytes")
    }
  }

  /// The last signature whose comment ends with the file.
  private static func find(in tail: [UInt8]) -> Int? {
    guard tail.count >= length else { return nil }
    return (0...tail.count - length).last {
      tail[$0] == 0x50 && tail[$0 + 1] == 0x4B && tail[$0 + 2] == 5 && tail[$0 + 3] == 6
        && $0 + length + Int(tail[$0 + 20]) + Int(tail[$0 + 21]) << 8 == tail.count
    }
  }

  /// The record and its locator in front of the end record, for large archives.
  private struct Zip64EndRecord {
    let start: Int
    let count: Int
    let directorySize: Int
    let directoryOffset: Int

    /// Nil where there is none before byte `end`.
    init?(_ file: ReadOnlyFile, before end: Int) throws {
      let path = file.path
      let locatorStart = end - ZipEndRecord.locatorLength
      guard locatorStart >= 0 else { return nil }
      var locator = LittleEndianReader(try file.bytes(locatorStart..<end)[...], subject: path)
      guard try locator.number(UInt32.self) == 0x0706_4B50 else { return nil }
      let disk = try locator.number(UInt32.self)
      start = try Zip64Field.int(try locator.number(), path: path)
      let disks = try locator.number(UInt32.self)
      guard disk == 0, disks <= 1 else {
        throw InputError(path, expected: "a zip archive in one file", found: "\(disks) disks")
      }
      let length = 56
      guard start <= locatorStart, locatorStart - start >= length else {
        throw InputError(
          path, expected: "a Zip64 end record before byte \(locatorStart)",
          found: "its place given as \(start)")
      }
      var record = LittleEndianReader(
        try file.bytes(start..<start + length)[...], subject: path)
      guard try record.number(UInt32.self) == 0x0606_4B50,
        // Its length leaves out what has been read by then, and reaches to the locator.
        try record.number(UInt64.self) == UInt64(locatorStart - start - 12)
      else {
        throw InputError(
          path, expected: "a Zip64 end record at byte \(start)", found: "other bytes",
          remedy: "the file may be damaged")
      }
      _ = try record.take(4)  // versions
      let places = (try record.number(UInt32.self), try record.number(UInt32.self))
      let countHere = try record.number(UInt64.self)
      let count = try record.number(UInt64.self)
      guard places == (0, 0), countHere == count else {
        throw InputError(path, expected: "a zip archive in one file", found: "one of several disks")
      }
      self.count = try Zip64Field.int(count, path: path)
      directorySize = try Zip64Field.int(try record.number(), path: path)
      directoryOffset = try Zip64Field.int(try record.number(), path: path)
    }
  }
}
