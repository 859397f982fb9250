/// The checksum of zip archives (polynomial 0x04C11DB7, reflected), eight bytes
/// at a time: Kounavis and Berry, "A systematic approach to building high
/// performance software-based CRC generators", 2005.
struct CRC32 {
  private var state: UInt32 = 0xFFFF_FFFF

  var value: UInt32 { ~state }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    CRC32.tables.withUnsafeBufferPointer { t in
      var crc = state
      var i = 0
      while bytes.count - i >= 8 {
        let word =
          UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)) ^ UInt64(crc)
        var next: UInt32 = 0
        for k in 0..<8 {
          next ^= t[256 &* (7 &- k) &+ Int(truncatingIfNeeded: (word >> UInt64(8 &* k)) & 255)]
        }
        crc = next
        i += 8
      }
      while i < bytes.count {
        crc = t[Int((crc ^ UInt32(bytes[i])) & 255)] ^ (crc >> 8)
        i += 1
      }
      state = crc
    }
  }

  /// Table k holds the checksums of one byte followed by k zeros.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
      tables[byte] = crc
    }
    for i in 256..<tables.count {
      let before = tables[i - 256]
      tables[i] = tables[Int(before & 255)] ^ (before >> 8)
    }
    return tables
  }()
}
