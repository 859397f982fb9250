/// Pillow's 8-bit `Image.resize`, sample for sample.
///
/// One pass per axis with a rounding to 8 bits between them and weights of 22 fractional
/// bits. A pass whose axis keeps its length is left out, so equal sizes return the image
/// unchanged.
public enum Resampling {
  /// - Precondition: both target sizes are positive.
  public static func resize(
    _ image: PixelArray, width: Int, height: Int, filter: ResamplingFilter
  ) -> PixelArray {
    resize(image, width: width, height: height, columns: 0..<width, rows: 0..<height, filter)
  }

  /// The given columns and rows of the image resized to `width` x `height`; the rest is
  /// not computed.
  static func resize(
    _ image: PixelArray, width: Int, height: Int, columns: Range<Int>, rows: Range<Int>,
    _ filter: ResamplingFilter
  ) -> PixelArray {
    precondition(width > 0 && height > 0)
    let horizontal =
      width == image.width
      ? nil : ResamplingWeights(source: image.width, target: width, range: columns, filter: filter)
    let vertical =
      height == image.height
      ? nil : ResamplingWeights(source: image.height, target: height, range: rows, filter: filter)
    return withPixels(
      of: image, columns: horizontal?.source ?? columns, rows: vertical?.source ?? rows
    ) { window in
      switch (horizontal, vertical) {
      case (nil, nil): return window.copy()
      case (let horizontal?, nil): return horizontalPass(window, horizontal)
      case (nil, let vertical?): return verticalPass(window, vertical)
      case (let horizontal?, let vertical?):
        // Since version 13 Pillow takes the vertical pass first when the height shrinks
        // by more than twice what the width does; the rounding in between shows it.
        let lost = image.height - height
        if lost > 0 && lost > 2 * (image.width - width) {
          return withPixels(of: verticalPass(window, vertical)) { horizontalPass($0, horizontal) }
        }
        return withPixels(of: horizontalPass(window, horizontal)) { verticalPass($0, vertical) }
      }
    }
  }

  private static func horizontalPass(
    _ source: PixelWindow, _ weights: ResamplingWeights
  ) -> PixelArray {
    .make(width: weights.length, height: source.height, channels: source.channels) { target in
      weights.withTaps { taps in
        for y in 0..<source.height {
          let to = target + y * weights.length * source.channels
          if source.channels == 3 {
            resampleRGBRow(source.row(y), to, taps)
          } else {
            resampleRow(source.row(y), to, source.channels, taps)
          }
        }
      }
    }
  }

  private static func resampleRow(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ channels: Int,
    _ taps: ResamplingWeights.Taps
  ) {
    for x in 0..<taps.length {
      let from = source + taps.first[x] * channels
      let weights = taps.weights(x)
      for channel in 0..<channels {
        var sum = ResamplingWeights.half
        for i in 0..<taps.count[x] {
          sum &+= Int32(from[i * channels + channel]) &* weights[i]
        }
        target[x * channels + channel] = clipped(sum)
      }
    }
  }

  /// ``resampleRow(_:_:_:_:)`` with the three sums of a pixel side by side.
  private static func resampleRGBRow(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>,
    _ taps: ResamplingWeights.Taps
  ) {
    for x in 0..<taps.length {
      var from = source + 3 * taps.first[x]
      let weights = taps.weights(x)
      var red = ResamplingWeights.half
      var green = red
      var blue = red
      for i in 0..<taps.count[x] {
        let weight = weights[i]
        red &+= Int32(from[0]) &* weight
        green &+= Int32(from[1]) &* weight
        blue &+= Int32(from[2]) &* weight
        from += 3
      }
      target[3 * x] = clipped(red)
      target[3 * x + 1] = clipped(green)
      target[3 * x + 2] = clipped(blue)
    }
  }

  private static func verticalPass(
    _ source: PixelWindow, _ weights: ResamplingWeights
  ) -> PixelArray {
    let row = source.width * source.channels
    return .make(width: source.width, height: weights.length, channels: source.channels) { target in
      weights.withTaps { taps in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: row) { sums in
          for y in 0..<taps.length {
            sums.update(repeating: ResamplingWeights.half)
            for i in 0..<taps.count[y] {
              let weight = taps.weights(y)[i]
              let from = source.row(taps.first[y] + i)
              for x in 0..<row { sums[x] &+= Int32(from[x]) &* weight }
            }
            let to = target + y * row
            for x in 0..<row { to[x] = clipped(sums[x]) }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func clipped(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> ResamplingWeights.fractionBits)))
  }
}
