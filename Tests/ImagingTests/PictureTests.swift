import Diagnostics
import Imaging
import Testing

/// Flip, conversion to floats and grids.
@Suite struct PictureTests {
  @Test func flipMirrorsColumns() {
    let image = RGBImage(width: 3, height: 2, pixels: Array(0..<18))
    let flipped = image.flippedHorizontally()
    #expect(flipped.pixels == [6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17, 12, 13, 14, 9, 10, 11])
    #expect(flipped.flippedHorizontally() == image)
  }

  @Test func floatsAreTruncatedAsInSiT() {
    let values: [Float] = [
      -1, -0.999, 0, 0.5, 0.9999, 1, -7, 7, .nan, .infinity, -.infinity, 0.004,
    ]
    let image = RGBImage(signedUnit: values, width: 2, height: 2)
    // Planes of four become pixels of three.
    let planes = (0..<3).flatMap { channel in (0..<4).map { image.pixels[3 * $0 + channel] } }
    #expect(planes == [0, 0, 128, 191, 255, 255, 0, 255, 0, 255, 0, 128])
  }

  @Test func bytesBecomeSignedUnits() {
    let image = RGBImage(width: 2, height: 1, pixels: [0, 51, 255, 102, 0, 255])
    for (value, expected) in zip(image.signedUnit(), [-1, -0.2, -0.6, -1, 1, 1]) {
      #expect(abs(value - Float(expected)) < 1e-6)
    }
  }

  @Test func bytesSurviveTheRoundTrip() {
    let image = RGBImage(width: 16, height: 16, pixels: (0..<768).map { UInt8($0 % 256) })
    #expect(RGBImage(signedUnit: image.signedUnit(), width: 16, height: 16) == image)
  }

  @Test func gridPlacesRowsAndColumns() throws {
    let tiles = (1...3).map {
      RGBImage(width: 2, height: 1, pixels: [UInt8](repeating: UInt8($0), count: 6))
    }
    let grid = try ImageGrid.join(tiles, columns: 2, gap: 1, background: 9)
    #expect(grid.width == 5 && grid.height == 3)
    let red = stride(from: 0, to: grid.pixels.count, by: 3).map { grid.pixels[$0] }
    #expect(red == [1, 1, 9, 2, 2, 9, 9, 9, 9, 9, 3, 3, 9, 9, 9])
  }

  @Test func gridRefusesMixedSizesAndNothing() {
    let small = RGBImage(width: 1, height: 1, pixels: [0, 0, 0])
    let large = RGBImage(width: 2, height: 1, pixels: [0, 0, 0, 0, 0, 0])
    #expect(throws: InputError.self) { try ImageGrid.join([small, large], columns: 2) }
    #expect(throws: InputError.self) { try ImageGrid.join([], columns: 2) }
    #expect(throws: InputError.self) { try ImageGrid.join([small], columns: 0) }
  }
}
