import Diagnostics
import Files

/// The bytes of one member of an archive, pulled in order in constant memory.
final class ZipMemberReader {
  private let file: ReadOnlyFile
  private let member: ZipArchive.Member
  private let inflater: Inflater?
  private var checksum: CRC32?
  /// Bytes taken from the file and bytes handed out so far.
  private var consumed = 0
  private var produced = 0
  private var deflateHasEnded = false
  private var isFinished = false

  init(_ file: ReadOnlyFile, _ member: ZipArchive.Member, checksums: ZipArchive.Checksums) throws {
    self.file = file
    self.member = member
    inflater = member.method == .deflated ? try Inflater() : nil
    checksum = checksums == .verified ? CRC32() : nil
  }

  /// Fills `buffer`, or as much of it as the member has left, and returns how much that is.
  /// The call that reaches the member's end checks what must hold there.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let part = UnsafeMutableRawBufferPointer(
      rebasing: buffer[..<min(buffer.count, member.size - produced)])
    if let inflater {
      let count = try inflate(inflater, into: part)
      guard count == part.count else {
        throw damaged("\(member.size) inflated bytes", "\(produced + count)")
      }
    } else {
      try file.read(at: member.dataStart + consumed, into: part)
      consumed += part.count
    }
    produced += part.count
    checksum?.update(UnsafeRawBufferPointer(part))
    if produced == member.size, !isFinished { try finish() }
    return part.count
  }

  /// Fills `part`, or less of it where the deflated data say that they end.
  private func inflate(
    _ inflater: Inflater, into part: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    var filled = 0
    while filled < part.count, !deflateHasEnded {
      if inflater.unused == 0 {
        let count = min(Inflater.inputSize, member.compressedSize - consumed)
        try inflater.give(count) { try file.read(at: member.dataStart + consumed, into: $0) }
        consumed += count
      }
      let before = inflater.unused
      let room = UnsafeMutableRawBufferPointer(rebasing: part[filled...])
      guard let step = inflater.inflate(into: room) else {
        throw damaged("deflated data", "other bytes")
      }
      filled += step.count
      deflateHasEnded = step.hasEnded
      guard deflateHasEnded || step.count > 0 || inflater.unused < before else {
        throw damaged("the end of deflated data", "them cut off")
      }
    }
    return filled
  }

  /// After as many bytes as the directory claims: no more may follow, and they must be the right ones.
  private func finish() throws {
    isFinished = true
    if let inflater {
      var spare: UInt8 = 0
      let more = try withUnsafeMutableBytes(of: &spare) { try inflate(inflater, into: $0) }
      guard more == 0 else { throw damaged("\(member.size) inflated bytes", "more") }
      guard consumed == member.compressedSize, inflater.unused == 0 else {
        throw damaged("\(member.compressedSize) deflated bytes", "fewer and others behind them")
      }
    }
    if let checksum, checksum.value != member.checksum {
      throw damaged(
        "the checksum \(hexadecimal(member.checksum))", hexadecimal(checksum.value))
    }
  }

  private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private func damaged(_ expected: String, _ found: String) -> InputError {
    InputError(
      "\(file.path): zip member '\(member.name)'", expected: expected, found: found,
      remedy: "the file is damaged: copy it again")
  }
}
