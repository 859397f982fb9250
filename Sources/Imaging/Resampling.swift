import CResampling

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
      let bytes = Int(cresampling_rows) * source.channels * (source.width + weights.length)
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes) { scratch in
        weights.withTaps {
          cresampling_horizontal(
            source.base, source.stride, source.width, target, source.height, source.channels,
            scratch.baseAddress, $0)
        }
      }
    }
  }

  private static func verticalPass(
    _ source: PixelWindow, _ weights: ResamplingWeights
  ) -> PixelArray {
    .make(width: source.width, height: weights.length, channels: source.channels) { target in
      weights.withTaps {
        cresampling_vertical(
          source.base, source.stride, target, source.width * source.channels, $0)
      }
    }
  }
}
