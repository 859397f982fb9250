/// Ink to light, in Pillow's integers.
enum CMYK {
  /// `R = n − C·n/255` with `n = 255 − K` and a rounded division, likewise G and B.
  /// - Parameter ink: four channels, 0 = no ink.
  static func rgb(_ ink: PixelArray) -> RGBImage {
    let count = ink.width * ink.height
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * count) { light, filled in
      ink.pixels.withUnsafeBufferPointer { ink in
        for i in 0..<count {
          let n = 255 - Int32(ink[4 * i + 3])
          for channel in 0..<3 {
            let p = Int32(ink[4 * i + channel]) &* n &+ 128
            let value = n &- (((p >> 8) &+ p) >> 8)
            light[3 * i + channel] = UInt8(truncatingIfNeeded: max(0, value))
          }
        }
      }
      filled = 3 * count
    }
    return RGBImage(width: ink.width, height: ink.height, pixels: pixels)
  }
}
