/// Pillow's 8-bit `Image.resize`, sample for sample.
///
/// Two passes, horizontal first, with a rounding to 8 bits between them and weights of
/// 22 fractional bits. A pass whose axis keeps its length is left out, so equal sizes
/// return the image unchanged.
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
    if width == image.width && height == image.height && columns.count == width
      && rows.count == height
    {
      return image
    }
    let vertical =
      height == image.height
      ? nil
      : ResamplingWeights(source: image.height, target: height, range: rows, filter: filter)
    let sourceRows = vertical?.sourceRange ?? rows
    let narrow = horizontalPass(image, width: width, columns: columns, rows: sourceRows, filter)
    guard let vertical else { return narrow }
    return verticalPass(narrow, vertical, firstRow: sourceRows.lowerBound)
  }

  private static func horizontalPass(
    _ image: PixelArray, width: Int, columns: Range<Int>, rows: Range<Int>,
    _ filter: ResamplingFilter
  ) -> PixelArray {
    let channels = image.channels
    let sourceRow = image.width * channels
    let targetRow = columns.count * channels
    let weights =
      width == image.width
      ? nil
      : ResamplingWeights(source: image.width, target: width, range: columns, filter: filter)
    let total = targetRow * rows.count
    let pixels = [UInt8](unsafeUninitializedCapacity: total) { target, filled in
      image.pixels.withUnsafeBufferPointer { source in
        for (y, row) in rows.enumerated() {
          let from = source.baseAddress! + row * sourceRow
          let to = target.baseAddress! + y * targetRow
          if let weights {
            channels == 3
              ? resampleRGBRow(from, to, weights) : resampleRow(from, to, channels, weights)
          } else {
            to.initialize(from: from + columns.lowerBound * channels, count: targetRow)
          }
        }
      }
      filled = total
    }
    return PixelArray(
      width: columns.count, height: rows.count, channels: channels, pixels: pixels)
  }

  private static func resampleRow(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ channels: Int,
    _ weights: ResamplingWeights
  ) {
    for x in weights.first.indices {
      let from = source + weights.first[x] * channels
      for channel in 0..<channels {
        var sum = ResamplingWeights.half
        for i in 0..<weights.count[x] {
          sum &+= Int32(from[i * channels + channel]) &* weights.weights[x * weights.stride + i]
        }
        target[x * channels + channel] = clipped(sum)
      }
    }
  }

  /// ``resampleRow(_:_:_:_:)`` with the three sums of a pixel side by side.
  private static func resampleRGBRow(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>,
    _ weights: ResamplingWeights
  ) {
    weights.weights.withUnsafeBufferPointer { table in
      weights.first.withUnsafeBufferPointer { first in
        weights.count.withUnsafeBufferPointer { count in
          for x in first.indices {
            var from = source + 3 * first[x]
            let row = table.baseAddress! + x * weights.stride
            var red = ResamplingWeights.half
            var green = red
            var blue = red
            for i in 0..<count[x] {
              let weight = row[i]
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
      }
    }
  }

  /// - Parameter firstRow: the source row that row 0 of `image` is.
  private static func verticalPass(
    _ image: PixelArray, _ weights: ResamplingWeights, firstRow: Int
  ) -> PixelArray {
    let row = image.width * image.channels
    let height = weights.first.count
    var sums = [Int32](repeating: 0, count: row)
    let pixels = [UInt8](unsafeUninitializedCapacity: row * height) { target, filled in
      image.pixels.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<height {
            sums.update(repeating: ResamplingWeights.half)
            for i in 0..<weights.count[y] {
              let weight = weights.weights[y * weights.stride + i]
              let from = source.baseAddress! + (weights.first[y] - firstRow + i) * row
              for x in 0..<row { sums[x] &+= Int32(from[x]) &* weight }
            }
            let to = target.baseAddress! + y * row
            for x in 0..<row { to[x] = clipped(sums[x]) }
          }
        }
      }
      filled = row * height
    }
    return PixelArray(width: image.width, height: height, channels: image.channels, pixels: pixels)
  }

  @inline(__always)
  private static func clipped(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> ResamplingWeights.fractionBits)))
  }
}
