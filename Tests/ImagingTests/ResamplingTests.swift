import Imaging
import Testing

@Suite struct ResamplingTests {
  @Test func boxEqualsPillow() throws {
    let fixture = try Tensors("resample")
    let cases = fixture.under("box/")
    #expect(cases.count == 7)
    for (name, expected) in cases {
      let source = try fixture("in/\(name)").image
      let half = Resampling.resize(
        source, width: source.width / 2, height: source.height / 2, filter: .box)
      expectEqual(half, expected.image, name)
    }
  }

  @Test func bicubicEqualsPillow() throws {
    let fixture = try Tensors("resample")
    let cases = fixture.under("bicubic/")
    #expect(cases.count == 10)
    for (name, expected) in cases {
      let source = try fixture("in/\(name.prefix(1))").image
      let resized = Resampling.resize(
        source, width: expected.shape[1], height: expected.shape[0], filter: .bicubic)
      expectEqual(resized, expected.image, name)
    }
  }

  @Test func cropOfArraysEqualsTheReference() throws {
    let fixture = try Tensors("resample")
    let cases = fixture.under("crop/")
    #expect(cases.count == 10)
    for (name, expected) in cases {
      let source = try fixture("in/\(name.prefix(1))").image
      expectEqual(CenterCrop.apply(source, size: expected.shape[0]), expected.image, name)
    }
  }

  @Test(arguments: ["crop64/", "crop256/"])
  func cropOfPhotographsEqualsTheReference(prefix: String) throws {
    let cases = try Tensors("center_crop").under(prefix)
    #expect(!cases.isEmpty)
    for (name, expected) in cases {
      let image = try ImageDecoder.decode(path: Fixtures.photograph(name))
      let crop = CenterCrop.apply(image, size: expected.shape[0])
      let difference = Difference(crop.pixels, expected.bytes)
      let isPNG = name == "n00000002_4"
      #expect(difference.largest <= (isPNG ? 0 : 8), "\(name)")
      #expect(difference.mean <= (isPNG ? 0 : 1), "\(name)")
    }
  }

  @Test func extremeShapesStayBounded() {
    let thread = RGBImage(
      width: 100_000, height: 1, pixels: [UInt8](repeating: 7, count: 300_000))
    let crop = CenterCrop.apply(thread, size: 64)
    #expect(crop.pixels == [UInt8](repeating: 7, count: 64 * 64 * 3))
    let dot = CenterCrop.apply(RGBImage(width: 1, height: 1, pixels: [1, 2, 3]), size: 5)
    #expect(dot.pixels == Array([[UInt8]](repeating: [1, 2, 3], count: 25).joined()))
  }
}
