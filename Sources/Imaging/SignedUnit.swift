/// Networks see images as floats in [−1, 1], planes first: (3, height, width).
extension RGBImage {
  /// Quantises as SiT and DiT do: `127.5 x + 128`, clamped to 0...255, then truncated.
  /// What lies outside [−1, 1] is clamped; NaN becomes 0.
  /// - Precondition: `planes` holds `3 * height * width` values.
  public init(signedUnit planes: some Collection<Float>, width: Int, height: Int) {
    let plane = width * height
    precondition(planes.count == 3 * plane)
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * plane) { samples, count in
      var channel = 0
      var i = 0
      for value in planes {
        samples[3 * i + channel] = RGBImage.quantised(value)
        i += 1
        if i == plane {
          i = 0
          channel += 1
        }
      }
      count = 3 * plane
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// `x / 127.5 − 1` in [−1, 1], as (3, height, width).
  public func signedUnit() -> [Float] {
    let plane = width * height
    return [Float](unsafeUninitializedCapacity: 3 * plane) { planes, count in
      pixels.withUnsafeBufferPointer { samples in
        for channel in 0..<3 {
          for i in 0..<plane {
            planes[channel * plane + i] = Float(samples[3 * i + channel]) / 127.5 - 1
          }
        }
      }
      count = 3 * plane
    }
  }

  static func quantised(_ value: Float) -> UInt8 {
    let scaled = 127.5 * value + 128
    // Written so that NaN takes the last branch: UInt8(NaN) would trap.
    return scaled >= 255 ? 255 : scaled > 0 ? UInt8(scaled) : 0
  }
}
