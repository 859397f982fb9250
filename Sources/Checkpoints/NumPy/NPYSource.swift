import Diagnostics
import Files

/// Where the bytes of an array in NPY form come from, header included.
enum NPYSource: Sendable {
  case file(ReadOnlyFile)
  case member(ZipArchive.Member, ZipArchive)

  /// A deflated array in Fortran order is inflated whole, with at most this much memory.
  private static let largestInflated = 48 << 20

  var size: Int {
    switch self {
    case .file(let file): file.size
    case .member(let member, _): member.size
    }
  }

  /// Where the bytes lie in the file, if they are not deflated.
  var storedRange: Range<Int>? {
    switch self {
    case .file(let file): 0..<file.size
    case .member(let member, let archive): archive.storedRange(of: member)
    }
  }

  /// Fills one buffer after the other, from the front. Whoever gets to the end has seen the
  /// checksum verified.
  func sequence(subject: String) throws -> (UnsafeMutableRawBufferPointer) throws -> Void {
    switch self {
    case .file(let file):
      var offset = 0
      return { buffer in
        try file.read(at: offset, into: buffer)
        offset += buffer.count
      }
    case .member(let member, let archive):
      let reader = try archive.reader(of: member)
      return { buffer in
        let count = try reader.read(into: buffer)
        guard count == buffer.count else {
          throw InputError(subject, expected: "\(buffer.count) more bytes", found: "\(count)")
        }
      }
    }
  }

  /// Fills buffers from anywhere.
  func places(
    subject: String
  ) throws -> (_ offset: Int, UnsafeMutableRawBufferPointer) throws -> Void {
    switch self {
    case .file(let file): return { try file.read(at: $0, into: $1) }
    case .member(let member, let archive):
      if let range = archive.storedRange(of: member) {
        // Reading here and there does not see the checksum: verify it first.
        try archive.forEachChunk(of: member) { _ in }
        return { try archive.file.read(at: range.lowerBound + $0, into: $1) }
      }
      guard member.size <= NPYSource.largestInflated else {
        throw InputError(
          subject,
          expected: "at most \(NPYSource.largestInflated) bytes where an array is both deflated "
            + "and in Fortran order",
          found: "\(member.size)", remedy: "save numpy.ascontiguousarray(array) instead")
      }
      let bytes = try archive.bytes(member, atMost: NPYSource.largestInflated)
      return { offset, buffer in
        bytes.withUnsafeBytes {
          buffer.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
        }
      }
    }
  }
}
