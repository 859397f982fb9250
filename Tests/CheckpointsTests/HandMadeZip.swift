import CZlib
import Checkpoints
import Files
import TemporaryFolders

/// A zip archive put together record by record, so that each can be wrong.
struct HandMadeZip {
  /// What a member's two headers say; the defaults are right.
  struct Member {
    var name: [UInt8]
    /// As in the file.
    var data: [UInt8]
    var contents: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var usesZip64 = false
    var hasDescriptor = false
    var localMethod: UInt16?
    var localFlags: UInt16?
    var localName: [UInt8]?
    var localSize: UInt32?
    var localExtra: [UInt8] = []
    var extra: [UInt8]?
    var size: Int?
    var compressedSize: Int?
    var offset: Int?
    var disk: UInt16 = 0

    init(_ name: String, _ contents: [UInt8]) {
      self.name = Array(name.utf8)
      data = contents
      self.contents = contents
    }

    static func deflated(_ name: String, _ contents: [UInt8]) -> Member {
      var member = Member(name, contents)
      member.method = 8
      member.data = deflate(contents)
      return member
    }

    func with(_ change: (inout Member) -> Void) -> Member {
      var copy = self
      change(&copy)
      return copy
    }
  }

  private(set) var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  init(_ members: [Member]) {
    for member in members { add(member) }
  }

  mutating func add(_ member: Member) {
    let offset = bytes.count
    let checksum = member.contents.withUnsafeBufferPointer {
      UInt32(crc32_z(0, $0.baseAddress, $0.count))
    }
    let (size, compressed) = (
      member.size ?? member.contents.count, member.compressedSize ?? member.data.count
    )
    let full = UInt32.max
    let wide = [1, 0, 16, 0] + little(UInt64(size)) + little(UInt64(compressed))
    let isLate = member.hasDescriptor
    let localExtra = (member.usesZip64 ? wide : []) + member.localExtra
    let localName = member.localName ?? member.name
    bytes += little(UInt32(0x0403_4B50)) + little(UInt16(45))
    bytes += little(member.localFlags ?? member.flags | (isLate ? 8 : 0))
    bytes += little(member.localMethod ?? member.method) + little(UInt32(0))
    bytes += little(isLate ? 0 : checksum)
    let inHeader = { (value: Int) in
      isLate ? 0 : member.usesZip64 ? full : UInt32(truncatingIfNeeded: value)
    }
    bytes += little(inHeader(compressed)) + little(member.localSize ?? inHeader(size))
    bytes += little(UInt16(localName.count)) + little(UInt16(localExtra.count))
    bytes += localName + localExtra + member.data
    if isLate {
      bytes += little(UInt32(0x0807_4B50)) + little(checksum)
      bytes += little(UInt32(compressed)) + little(UInt32(size))
    }

    let place = member.offset ?? offset
    let extra =
      member.extra ?? (member.usesZip64 ? [1, 0, 24, 0] + wide[4...] + little(UInt64(place)) : [])
    directory += little(UInt32(0x0201_4B50)) + little(UInt16(45)) + little(UInt16(45))
    directory += little(member.flags | (isLate ? 8 : 0)) + little(member.method)
    directory += little(UInt32(0)) + little(checksum)
    let isWide = member.usesZip64
    directory += little(isWide ? full : UInt32(truncatingIfNeeded: compressed))
    directory += little(isWide ? full : UInt32(truncatingIfNeeded: size))
    directory += little(UInt16(member.name.count)) + little(UInt16(extra.count))
    directory += little(UInt16(0)) + little(member.disk) + little(UInt16(0)) + little(UInt32(0))
    directory += little(isWide ? full : UInt32(truncatingIfNeeded: place))
    directory += member.name + extra
    count += 1
  }

  /// What the end records say; the defaults are right.
  struct End {
    var usesZip64 = false
    var comment: [UInt8] = []
    var commentLength: UInt16?
    var rest: [UInt8] = []
    var disk: UInt16 = 0
    var countHere: UInt16?
    var count: UInt64?
    var size: UInt64?
    var offset: UInt64?
    var shortCount: UInt16?
    var locator: UInt64?
    var recordSize: UInt64 = 44
    var diskCount: UInt32 = 1
  }

  /// The whole archive.
  func finished(_ change: (inout End) -> Void = { _ in }) -> [UInt8] {
    var end = End()
    change(&end)
    let number = end.count ?? UInt64(count)
    let (size, offset) = (
      end.size ?? UInt64(directory.count), end.offset ?? UInt64(bytes.count)
    )
    var all = bytes + directory
    if end.usesZip64 {
      let start = all.count
      all += little(UInt32(0x0606_4B50)) + little(end.recordSize) + little(UInt32(0x2D_002D))
      all += little(UInt64(0)) + little(number) + little(number) + little(size) + little(offset)
      all += little(UInt32(0x0706_4B50)) + little(UInt32(0))
      all += little(end.locator ?? UInt64(start)) + little(end.diskCount)
    }
    let short = end.shortCount ?? (end.usesZip64 ? .max : UInt16(truncatingIfNeeded: number))
    all += little(UInt32(0x0605_4B50)) + little(end.disk) + little(end.disk)
    all += little(end.countHere ?? short) + little(short)
    all += little(end.usesZip64 ? .max : UInt32(truncatingIfNeeded: size))
    all += little(end.usesZip64 ? .max : UInt32(truncatingIfNeeded: offset))
    all += little(end.commentLength ?? UInt16(end.comment.count)) + end.comment + end.rest
    return all
  }
}

func little(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Raw deflate of `contents`, as zlib makes it.
func deflate(_ contents: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  var contents = contents
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(contents.count))))
  let count = contents.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      CZlib.deflate(&stream, Z_FINISH)
      return output.count - Int(stream.avail_out)
    }
  }
  return Array(output[..<count])
}

/// Opens `bytes` as an archive in a file that is gone afterwards.
func withArchive<Result>(
  _ bytes: [UInt8], checksums: ZipArchive.Checksums = .verified,
  _ body: (ZipArchive) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    try AtomicFile.write(bytes, to: folder + "/a.zip", durable: false)
    return try body(ZipArchive(ReadOnlyFile(folder + "/a.zip"), checksums: checksums))
  }
}

/// Reads every member.
func zipContents(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
  try withArchive(bytes) { archive in
    try Dictionary(
      uniqueKeysWithValues: archive.members.map { member in
        var contents: [UInt8] = []
        try archive.forEachChunk(of: member) { contents.append(contentsOf: $0) }
        return (member.name, contents)
      })
  }
}
