import Foundation
import FuzzSupport
import Imaging
import Testing

/// Damaged pictures. Decoders run in this process: what crashes one crashes the tests.
///
/// What a picture may cost follows from the pixels that its header claims, which are at most
/// `ImageDecoder.maximumPixels`: below 16 bytes for each (a CMYK JPEG in scans: eight of
/// coefficients, four of samples, three of the result).
@Suite struct ImageFuzzTests {
  private static let bytesPerPixel = 16
  /// Larger claims are decoded in the long forms alone: each takes about a second.
  private static let smallClaim = 1 << 20

  private static func corpus(_ names: [String]) throws -> [[UInt8]] {
    try names.map { try Fixtures.bytes($0) }
  }

  private static func variants(_ suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Fixtures.path("variants"))
      .filter { $0.hasSuffix(suffix) }.sorted().map { "variants/\($0)" }
  }

  private static func run(_ name: String, corpus: [[UInt8]]) throws {
    var largest = 0
    let bounds = DamagedFiles(shortForm: 1000, slowest: .seconds(30))
    try bounds.run(name, corpus: corpus, more: { largest * bytesPerPixel }) { path in
      let size = try ImageDecoder.imageSize(path: path)
      let claim = size.width * size.height
      guard claim <= smallClaim || DamagedFiles.mutations != nil else { return }
      largest = max(largest, claim)
      let image = try ImageDecoder.decode(path: path)
      guard image.width == size.width, image.height == size.height,
        image.pixels.count == 3 * image.width * image.height
      else {
        throw DamagedFiles.Contradiction(
          "\(size) in the header, \(image.width)x\(image.height) with "
            + "\(image.pixels.count) samples decoded")
      }
      // The first one is still there, so that what a decoder leaves unwritten differs.
      guard try claim > smallClaim || ImageDecoder.decode(path: path) == image else {
        throw DamagedFiles.Contradiction("two pictures of one file")
      }
    }
  }

  @Test func jpeg() throws {
    let photographs = ["n00000003/n00000003_4", "n00000004/n00000004_2"]
      .map { "images/train/\($0).JPEG" }
    let names = try Self.variants(".jpg") + photographs + ["images/edge/one_pixel.JPEG"]
    try Self.run("jpeg", corpus: Self.corpus(names))
  }

  @Test func png() throws {
    try Self.run("png", corpus: Self.corpus(Self.variants(".png")))
  }

  /// A PNG whose checksums are right whatever its chunks say, so that damage gets as far as the
  /// pixels.
  @Test func pngWithRightChecksums() throws {
    let corpus = try Self.corpus(Self.variants(".png"))
    var seen = 0
    let bounds = DamagedFiles(shortForm: 500, slowest: .seconds(30))
    var largest = 0
    try bounds.run("png-checked", corpus: corpus, more: { largest * Self.bytesPerPixel }) { path in
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      try Data(PNGChecksums.mended(bytes)).write(to: URL(fileURLWithPath: path))
      let size = try ImageDecoder.imageSize(path: path)
      guard size.width * size.height <= Self.smallClaim || DamagedFiles.mutations != nil else {
        return
      }
      largest = max(largest, size.width * size.height)
      let image = try ImageDecoder.decode(path: path)
      seen += image.pixels.count
    }
    #expect(seen > 0)
  }

  /// `CRC-32` of the chunks is what mending computes: an undamaged file stays as it is.
  @Test func mendingChangesNoWholeFile() throws {
    for bytes in try Self.corpus(Self.variants(".png")) {
      #expect(PNGChecksums.mended(bytes) == bytes)
      var damaged = bytes
      damaged[30] ^= 1
      #expect(PNGChecksums.mended(damaged) == bytes)
    }
  }
}

/// The checksums of a PNG's chunks (W3C, Portable Network Graphics, 5.3 and annex D).
private enum PNGChecksums {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1
    }
  }

  /// The file with the checksum of every chunk that lies in it whole.
  static func mended(_ file: [UInt8]) -> [UInt8] {
    var bytes = file
    var place = 8
    while place + 12 <= bytes.count {
      let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - place - 12 else { break }
      let end = place + 8 + length
      let sum = bytes[place + 4..<end].reduce(UInt32.max) {
        table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8
      }
      for k in 0..<4 { bytes[end + k] = UInt8(truncatingIfNeeded: ~sum >> UInt32(24 - 8 * k)) }
      place = end + 4
    }
    return bytes
  }
}
