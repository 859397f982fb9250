/// Big-endian elements to little-endian ones, in place.
enum ByteOrder {
  /// - Parameter elementSize: 1, 2, 4 or 8; the buffer holds whole elements.
  static func swap(_ bytes: UnsafeMutableRawBufferPointer, elementSize: Int) {
    switch elementSize {
    case 2: swap(bytes, UInt16.self)
    case 4: swap(bytes, UInt32.self)
    case 8: swap(bytes, UInt64.self)
    default: break
    }
  }

  @inline(__always)
  private static func swap<Element: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeMutableRawBufferPointer, _ type: Element.Type
  ) {
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Element>.size) {
      let element = bytes.loadUnaligned(fromByteOffset: offset, as: type)
      bytes.storeBytes(of: element.byteSwapped, toByteOffset: offset, as: type)
    }
  }
}
