import Diagnostics
import Files

/// A zip archive open for reading, without or with deflate and Zip64 (APPNOTE.TXT 6.3).
///
/// The directory and all local headers are checked when it is opened: they must agree, every
/// member must lie inside the file and in bytes of its own, and no name may be there twice. So
/// what is read later is bounded by the file: a member's size by 1032 times its deflated one.
/// Names are keys, never paths. Members are read by any thread.
public final class ZipArchive: Sendable {
  public enum Method: Sendable, Equatable { case stored, deflated }

  /// Whether the checksums of members mean something: PyTorch can leave them out.
  public enum Checksums: Sendable { case verified, ignored }

  public struct Member: Sendable {
    public let name: String
    /// Bytes of the contents, inflated.
    public let size: Int
    public let method: Method
    /// Bytes of the contents as they are in the file.
    let compressedSize: Int
    /// Where they begin in the file.
    let dataStart: Int
    let checksum: UInt32
  }

  public var path: String { file.path }
  /// In the order of the directory; at least one.
  public let members: [Member]
  private let indices: [String: Int]
  let file: ReadOnlyFile
  private let checksums: Checksums

  /// Whether a file may be an archive by its first 4 bytes: a member, or the end of an empty one.
  static func isStart(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6])
  }

  /// - Parameter checksums: whether members read to their end must have the directory's checksum.
  /// - Throws: `InputError` for what is damaged, encrypted, in several files, or compressed by
  ///   another method than deflate.
  public init(_ file: ReadOnlyFile, checksums: Checksums = .verified) throws {
    let directory = try ZipDirectory(file)
    var members: [Member] = []
    var indices: [String: Int] = [:]
    var extents: [Range<Int>] = []
    members.reserveCapacity(directory.entries.count)
    extents.reserveCapacity(directory.entries.count)
    for entry in directory.entries {
      let member = try ZipLocalHeader.member(entry, in: file, before: directory.offset)
      guard indices.updateValue(members.count, forKey: member.name) == nil else {
        throw InputError(
          file.path, expected: "different names in the zip archive",
          found: "two members '\(member.name)'")
      }
      members.append(member)
      extents.append(entry.localOffset..<member.dataStart + member.compressedSize)
    }
    try ZipArchive.checkApart(extents, path: file.path)
    self.members = members
    self.indices = indices
    self.file = file
    self.checksums = checksums
  }

  /// One body under many entries would make a small file huge.
  private static func checkApart(_ extents: [Range<Int>], path: String) throws {
    var end = 0
    for extent in extents.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard extent.lowerBound >= end else {
        throw InputError(
          path, expected: "zip members that follow one another",
          found: "one at byte \(extent.lowerBound) inside another up to \(end)")
      }
      end = extent.upperBound
    }
  }

  public func member(named name: String) -> Member? { indices[name].map { members[$0] } }

  /// Where the contents lie in the file, if they lie there as they are.
  public func storedRange(of member: Member) -> Range<Int>? {
    member.method == .stored ? member.dataStart..<member.dataStart + member.size : nil
  }

  /// The whole contents.
  /// - Throws: `InputError` where they are more than `limit` bytes, or damaged.
  public func bytes(_ member: Member, atMost limit: Int) throws -> [UInt8] {
    guard member.size <= limit else {
      throw InputError(
        "\(path): zip member '\(member.name)'", expected: "at most \(limit) bytes",
        found: "\(member.size)")
    }
    let reader = try reader(of: member)
    return try [UInt8](unsafeUninitializedCapacity: member.size) { buffer, count in
      count = try reader.read(
        into: UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[..<member.size]))
    }
  }

  /// Passes the contents on in order, in pieces of at most 1 MiB.
  /// - Throws: `InputError` where they are damaged; what has been passed on by then is no good.
  public func forEachChunk(
    of member: Member, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let reader = try reader(of: member)
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, min(1 << 20, member.size)), alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = try reader.read(into: buffer)
      guard count > 0 else { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// For reading a part from the front, which no checksum covers.
  func reader(of member: Member) throws -> ZipMemberReader {
    try ZipMemberReader(file, member, checksums: checksums)
  }
}
