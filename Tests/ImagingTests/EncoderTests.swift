import Diagnostics
import Foundation
import Imaging
import TemporaryFolders
import Testing

@Suite struct EncoderTests {
  /// A smooth picture of an odd size.
  static let picture = RGBImage(
    width: 37, height: 23,
    pixels: (0..<23 * 37).flatMap { (i: Int) -> [UInt8] in
      let (x, y) = (i % 37, i / 37)
      return [UInt8(x * 6), UInt8(y * 11), UInt8((x + y) * 4)]
    })

  @Test func pngKeepsEveryBit() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/deeper/picture.png"
      try ImageEncoder.writePNG(EncoderTests.picture, to: path)
      #expect(try ImageDecoder.decode(path: path) == EncoderTests.picture)
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/deeper").count == 1)
    }
  }

  @Test(arguments: ImageEncoder.Subsampling.allCases)
  func jpegIsClose(subsampling: ImageEncoder.Subsampling) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/picture.jpg"
      try ImageEncoder.writeJPEG(
        EncoderTests.picture, to: path, quality: 95, subsampling: subsampling)
      let back = try ImageDecoder.decode(path: path)
      #expect(back.width == 37 && back.height == 23)
      #expect(Difference(back.pixels, EncoderTests.picture.pixels).mean < 2.5)
    }
  }

  @Test func equalPicturesGiveEqualBytes() throws {
    #expect(try ImageEncoder.png(EncoderTests.picture) == ImageEncoder.png(EncoderTests.picture))
    #expect(try ImageEncoder.jpeg(EncoderTests.picture) == ImageEncoder.jpeg(EncoderTests.picture))
  }

  @Test func qualityOutsideItsRangeIsAnError() {
    #expect(throws: InputError.self) { try ImageEncoder.jpeg(EncoderTests.picture, quality: 0) }
    #expect(throws: InputError.self) { try ImageEncoder.jpeg(EncoderTests.picture, quality: 101) }
  }
}
