/// Names of zip members are keys here and never paths; those that would do harm as paths are
/// refused all the same.
enum ZipNames {
  static func isUsable(_ name: [UInt8]) -> Bool {
    guard !name.isEmpty, name.count <= 0xFFFF, name[0] != UInt8(ascii: "/") else { return false }
    let isPlain = name.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
    return isPlain && !name.split(separator: UInt8(ascii: "/")).contains([0x2E, 0x2E])
  }
}
