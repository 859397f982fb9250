import CResampling
import Testing

@testable import Imaging

/// The kernels take rows and samples sixteen at a time; every remainder gives the plain sums.
@Suite struct ResamplingPassTests {
  /// The definition, sample by sample.
  private static func plain(
    _ image: PixelArray, width: Int, height: Int, _ filter: ResamplingFilter
  ) -> PixelArray {
    let isWide = width != image.width
    let weights = ResamplingWeights(
      source: isWide ? image.width : image.height, target: isWide ? width : height,
      range: 0..<(isWide ? width : height), filter: filter)
    var pixels = [UInt8](repeating: 0, count: width * height * image.channels)
    weights.withTaps { taps in
      for y in 0..<height {
        for x in 0..<width {
          for c in 0..<image.channels {
            let output = isWide ? x : y
            var sum = 1 << (cresampling_fraction_bits - 1)
            for i in 0..<taps.count[output] {
              let from = weights.source.lowerBound + taps.first[output] + i
              let pixel = isWide ? y * image.width + from : from * image.width + x
              sum +=
                Int(image.pixels[pixel * image.channels + c])
                * Int(taps.weights[output * taps.stride + i])
            }
            pixels[(y * width + x) * image.channels + c] =
              UInt8(clamping: sum >> cresampling_fraction_bits)
          }
        }
      }
    }
    return PixelArray(width: width, height: height, channels: image.channels, pixels: pixels)
  }

  @Test(arguments: 1...4, [1, 2, 15, 16, 17, 33])
  func remaindersGiveThePlainSums(channels: Int, side: Int) {
    for (width, target) in [(1, 3), (5, 16), (16, 5), (31, 17), (67, 22), (48, 47)] {
      for filter in ResamplingFilter.allCases {
        // Extremes beside each other, so that the cubic's overshoot is cut off.
        let pixels = (0..<width * side * channels).map { UInt8(truncatingIfNeeded: $0 * $0 * 71) }
        let wide = PixelArray(width: width, height: side, channels: channels, pixels: pixels)
        let horizontal = Resampling.resize(wide, width: target, height: side, filter: filter)
        #expect(horizontal == Self.plain(wide, width: target, height: side, filter))
        let tall = PixelArray(width: side, height: width, channels: channels, pixels: pixels)
        let vertical = Resampling.resize(tall, width: side, height: target, filter: filter)
        #expect(vertical == Self.plain(tall, width: side, height: target, filter))
      }
    }
  }
}
