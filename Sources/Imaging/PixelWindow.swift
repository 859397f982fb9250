/// A rectangle of an image in place, valid while ``withPixels(of:columns:rows:_:)`` runs.
struct PixelWindow {
  fileprivate let base: UnsafePointer<UInt8>
  /// Samples from one row to the next.
  fileprivate let stride: Int
  let width: Int
  let height: Int
  let channels: Int

  func row(_ y: Int) -> UnsafePointer<UInt8> { base + y * stride }

  func copy() -> PixelArray {
    .make(width: width, height: height, channels: channels) { target in
      for y in 0..<height {
        (target + y * width * channels).initialize(from: row(y), count: width * channels)
      }
    }
  }
}

/// Hands the given columns and rows of an image, or all of it, to `body` without a copy.
func withPixels<Result>(
  of image: PixelArray, columns: Range<Int>? = nil, rows: Range<Int>? = nil,
  _ body: (PixelWindow) -> Result
) -> Result {
  let columns = columns ?? 0..<image.width
  let rows = rows ?? 0..<image.height
  precondition(columns.lowerBound >= 0 && columns.upperBound <= image.width)
  precondition(rows.lowerBound >= 0 && rows.upperBound <= image.height)
  return image.pixels.withUnsafeBufferPointer { pixels in
    let offset = (rows.lowerBound * image.width + columns.lowerBound) * image.channels
    return body(
      PixelWindow(
        base: pixels.baseAddress! + offset, stride: image.width * image.channels,
        width: columns.count, height: rows.count, channels: image.channels))
  }
}

extension PixelArray {
  /// An image whose samples `fill` writes, all of them.
  static func make(
    width: Int, height: Int, channels: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void
  ) -> PixelArray {
    let count = width * height * channels
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      fill(buffer.baseAddress!)
      filled = count
    }
    return PixelArray(width: width, height: height, channels: channels, pixels: pixels)
  }
}
