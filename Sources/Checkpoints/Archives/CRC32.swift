import CZlib

/// The checksum of zip archives.
struct CRC32 {
  private(set) var value: UInt32 = 0

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // zlib takes a null pointer as the wish for a first value.
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
    let next = crc32_z(
      UInt(value), start.assumingMemoryBound(to: UInt8.self), z_size_t(bytes.count))
    value = UInt32(truncatingIfNeeded: next)
  }
}
