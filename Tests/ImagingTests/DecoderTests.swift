import Diagnostics
import Foundation
import Imaging
import TemporaryFolders
import Testing

@Suite struct DecoderTests {
  /// The tolerance the fixtures store for lossy files.
  static let lossy = 2

  @Test func photographsDecodeLikePillow() throws {
    let fixture = try Tensors("image_decode")
    for (name, expected) in fixture.under("rgb/") + fixture.under("top/") {
      let image = try ImageDecoder.decode(path: Fixtures.photograph(name))
      #expect(image.width == expected.shape[1], "\(name)")
      let difference = Difference(image.pixels.prefix(expected.bytes.count), expected.bytes)
      let tolerance = name == "n00000002_4" ? 0 : DecoderTests.lossy  // that one is a PNG
      #expect(difference.largest <= tolerance, "\(name)")
    }
  }

  @Test func cmykSamplesAreInkAsInPillow() throws {
    let expected = try Tensors("image_decode")("cmyk/n00000001_4")
    let ink = try #require(
      try ImageDecoder.decodeCMYK(path: Fixtures.photograph("n00000001_4")))
    #expect(ink.channels == 4 && ink.width == expected.shape[1])
    let difference = Difference(ink.pixels.prefix(expected.bytes.count), expected.bytes)
    #expect(difference.largest <= DecoderTests.lossy)
    #expect(try ImageDecoder.decodeCMYK(path: Fixtures.photograph("n00000001_1")) == nil)
    #expect(try ImageDecoder.decodeCMYK(path: Fixtures.photograph("n00000002_4")) == nil)
  }

  @Test func sizesAndMeansOfAllPhotographs() throws {
    let fixture = try Tensors("center_crop")
    for (name, expected) in fixture.under("size/") {
      let path = Fixtures.photograph(name)
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let size = try ImageDecoder.imageSize(path: path)
      #expect([Int64(size.width), Int64(size.height)] == expected.values(as: Int64.self))
      let image = try ImageDecoder.decode(path: path)
      #expect(image.width == size.width && image.height == size.height)
      let means = try fixture("mean/\(name)").values(as: Double.self)
      for channel in 0..<3 {
        let samples = stride(from: channel, to: image.pixels.count, by: 3)
        let mean =
          Double(samples.reduce(0) { $0 + Int(image.pixels[$1]) })
          / Double(size.width * size.height)
        #expect(abs(mean - means[channel]) <= 1, "\(name)")
      }
    }
  }

  @Test func everyKindOfPNGIsExactAndOddJPEGsAreClose() throws {
    let fixture = try Tensors("variants")
    for (name, expected) in fixture.under("rgb/") {
      let image = try ImageDecoder.decode(path: Fixtures.path("variants/\(name)"))
      #expect(PixelArray(image).width == expected.shape[1], "\(name)")
      let difference = Difference(image.pixels, expected.bytes)
      #expect(difference.largest <= (name.hasSuffix(".png") ? 0 : DecoderTests.lossy), "\(name)")
    }
    for (name, expected) in fixture.under("cmyk/") {
      let ink = try #require(
        try ImageDecoder.decodeCMYK(path: Fixtures.path("variants/\(name)")), "\(name)")
      #expect(Difference(ink.pixels, expected.bytes).largest <= DecoderTests.lossy, "\(name)")
    }
  }

  /// Application segments, here two full of end-of-image markers, push the header out of
  /// the first 64 KiB.
  @Test func segmentsBeforeTheFrameHeaderAreWalkedOver() throws {
    let jpeg = try Fixtures.bytes("images/train/n00000003/n00000003_4.JPEG")
    let segment: [UInt8] =
      [0xFF, 0xE2, 0xEA, 0x62] + Array(repeating: [0xFF, 0xD9], count: 30000).joined()
    try withTemporaryFolder { folder in
      let path = try write(
        jpeg.prefix(2) + segment + segment + jpeg.dropFirst(2), to: "\(folder)/a")
      let size = try ImageDecoder.imageSize(path: path)
      #expect(size.width == 64 && size.height == 64)
      let plain = try ImageDecoder.decode(path: Fixtures.photograph("n00000003_4"))
      #expect(try ImageDecoder.decode(path: path) == plain)
    }
  }

  @Test(arguments: [
    ("empty", "empty file"), ("header_only", "truncated"), ("huge_claim", "65500x65500"),
    ("text", "signature"), ("truncated", "truncated"), ("zero_width", "0x150"),
  ])
  func brokenFilesAreNamedWithTheReason(file: String, reason: String) throws {
    let path = Fixtures.path("images/broken/\(file).JPEG")
    let error = try #require(throws: InputError.self) { try ImageDecoder.decode(path: path) }
    #expect(error.description.hasPrefix(path) && error.description.contains(reason))
    #expect(throws: InputError.self) { try ImageDecoder.decodeCMYK(path: path) }
    if file != "truncated" {  // its header is whole
      #expect(throws: InputError.self) { try ImageDecoder.imageSize(path: path) }
    }
  }

  /// TurboJPEG warns, then fails, and reports a warning: what it has not written is no picture.
  @Test func rowsThatAreNotDecodedAreAnError() throws {
    let path = Fixtures.path("damaged/half_decoded.jpg")
    let error = try #require(throws: InputError.self) { try ImageDecoder.decode(path: path) }
    #expect(error.description.hasPrefix(path) && error.description.contains("rows"))
  }

  @Test func missingFilesFoldersAndPipesAreErrors() throws {
    try withTemporaryFolder { folder in
      #expect(mkfifo("\(folder)/pipe.JPEG", 0o600) == 0)
      for path in ["\(folder)/none.JPEG", folder, "\(folder)/pipe.JPEG"] {
        let error = try #require(throws: InputError.self) { try ImageDecoder.decode(path: path) }
        #expect(error.description.hasPrefix(path))
      }
    }
  }

  /// Cut anywhere, a JPEG or a PNG with its pixels incomplete is an error.
  @Test(arguments: [
    "images/train/n00000006/n00000006_2.JPEG", "images/train/n00000003/n00000003_2.JPEG",
    "variants/cmyk_adobe.jpg", "variants/rgba16_interlaced.png", "variants/palette8.png",
  ])
  func truncationIsAlwaysAnError(file: String) throws {
    let bytes = try Fixtures.bytes(file)
    // A PNG may lack what follows its pixels: their checksum (4) and the end chunk (12).
    let whole = file.hasSuffix(".png") ? bytes.count - 16 : bytes.count
    try withTemporaryFolder { folder in
      for count in stride(from: 0, to: whole, by: max(1, whole / 97)) + [whole - 1] {
        let path = try write(Array(bytes.prefix(count)), to: "\(folder)/cut")
        #expect(throws: InputError.self, "\(count)") { try ImageDecoder.decode(path: path) }
      }
    }
  }

  /// Damage anywhere gives an image or an error, never a trap.
  @Test(arguments: [
    "images/train/n00000003/n00000003_2.JPEG", "variants/ycck_adobe.jpg",
    "variants/rgba16_interlaced.png",
  ])
  func damageNeverTraps(file: String) throws {
    let bytes = try Fixtures.bytes(file)
    try withTemporaryFolder { folder in
      for position in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300)) {
        var damaged = bytes
        damaged[position] ^= UInt8(truncatingIfNeeded: 1 + position * 37)
        let path = try write(damaged, to: "\(folder)/damaged")
        do {
          let image = try ImageDecoder.decode(path: path)
          #expect(image.pixels.count == image.width * image.height * 3)
        } catch {
          #expect(error is InputError)
        }
      }
    }
  }
}
