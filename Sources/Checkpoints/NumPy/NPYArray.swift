import Diagnostics

/// One array in NPY form. Its header is checked against the size of all when it is made.
struct NPYArray: Sendable {
  let tensor: StoredTensor
  private let header: NPYHeader
  private let source: NPYSource
  private let subject: String

  private static let chunk = 1 << 20
  /// Arrays in Fortran order are put in row-major order with this much memory.
  private static let slab = 1 << 23

  init(_ source: NPYSource, name: String, path: String) throws {
    let subject = "\(path): array '\(name)'"
    let read = try source.sequence(subject: subject)
    header = try NPYHeader(size: source.size, subject: subject) { count in
      var bytes = [UInt8](repeating: 0, count: count)
      try bytes.withUnsafeMutableBytes { try read($0) }
      return bytes
    }
    tensor = StoredTensor(name: name, type: header.type, shape: header.shape)
    self.source = source
    self.subject = subject
  }

  /// Where the elements lie in the file, if they lie there row-major and little-endian.
  var plainRange: Range<Int>? {
    guard header.isRowMajor, !header.isBigEndian, let range = source.storedRange else {
      return nil
    }
    return range.lowerBound + header.length..<range.upperBound
  }

  /// Passes the elements on in row-major order and little-endian, in pieces of whole elements
  /// and of at most 1 MiB.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try (header.isRowMajor ? forEachStoredChunk : forEachReorderedChunk) { piece in
      if header.isBigEndian { ByteOrder.swap(piece, elementSize: tensor.type.size) }
      try body(UnsafeRawBufferPointer(piece))
    }
  }

  /// - Throws: `InputError` where the array is in Fortran order.
  func reader() throws -> NPYReader {
    guard header.isRowMajor else {
      throw InputError(
        subject, expected: "an array in row-major order", found: "Fortran order",
        remedy: "save numpy.ascontiguousarray(array) instead")
    }
    let read = try source.sequence(subject: subject)
    var start = [UInt8](repeating: 0, count: header.length)
    try start.withUnsafeMutableBytes { try read($0) }
    return NPYReader(
      read, count: tensor.byteCount, elementSize: header.isBigEndian ? tensor.type.size : 1,
      subject: subject)
  }

  private func forEachStoredChunk(_ body: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    let read = try source.sequence(subject: subject)
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(header.length, min(NPYArray.chunk, tensor.byteCount)), alignment: 64)
    defer { buffer.deallocate() }
    try read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<header.length]))
    var left = tensor.byteCount
    while left > 0 {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, NPYArray.chunk)])
      try read(piece)
      try body(piece)
      left -= piece.count
    }
  }

  private func forEachReorderedChunk(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let read = try source.places(subject: subject)
    let order = FortranOrder(shape: tensor.shape, elementSize: tensor.type.size)
    try order.forEachSlab(
      atMost: NPYArray.slab, read: { try read(header.length + $0, $1) },
      body: { slab in
        for start in stride(from: 0, to: slab.count, by: NPYArray.chunk) {
          let end = min(start + NPYArray.chunk, slab.count)
          try body(UnsafeMutableRawBufferPointer(rebasing: slab[start..<end]))
        }
      })
  }
}
