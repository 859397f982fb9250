import CResampling

/// The kernels of Pillow's `resize`.
public enum ResamplingFilter: String, Sendable, CaseIterable {
  /// Mean over the source interval of a pixel.
  case box
  /// Keys' cubic convolution with a = −0.5.
  case bicubic

  /// Half of the kernel's width, in source pixels at scale 1.
  var support: Double {
    switch self {
    case .box: 0.5
    case .bicubic: 2
    }
  }

  func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .box:
      return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bicubic:
      let a = -0.5
      let x = abs(x)
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    }
  }
}

/// For each output position of one axis, the source positions it reads and their weights,
/// as Pillow calculates them.
struct ResamplingWeights {
  /// One, with 22 bits after the point: 32 less 8 for the sample and 2 for overshoot.
  private static let unit = Double(1 << cresampling_fraction_bits)

  /// The source positions that any output reads.
  let source: Range<Int>
  /// First position of each output, counted from the start of ``source``.
  private var first: [Int] = []
  /// Number of positions of each output.
  private var count: [Int] = []
  /// `stride` weights per output, of which `count` are used.
  private var weights: [Double] = []
  private let stride: Int

  /// - Parameters:
  ///   - length: that of the source axis.
  ///   - target: length of the whole output axis.
  ///   - range: the part of the output axis that is wanted.
  init(source length: Int, target: Int, range: Range<Int>, filter: ResamplingFilter) {
    let scale = Double(length) / Double(target)
    // Shrinking widens the kernel, so that every source pixel counts (antialiasing).
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    stride = Int(support.rounded(.up)) * 2 + 1
    var taps = [Double](repeating: 0, count: stride)
    for position in range {
      let centre = (Double(position) + 0.5) * scale
      let low = max(Int(centre - support + 0.5), 0)
      let high = min(Int(centre + support + 0.5), length)
      var sum = 0.0
      for i in 0..<high - low {
        taps[i] = filter((Double(i + low) - centre + 0.5) * (1 / filterScale))
        sum += taps[i]
      }
      first.append(low)
      count.append(high - low)
      for i in 0..<stride {
        weights.append(i < high - low ? (sum != 0 ? taps[i] / sum : taps[i]) : 0)
      }
    }
    let start = first.first ?? 0
    source = start..<(first.last ?? 0) + (count.last ?? 0)
    for i in first.indices { first[i] -= start }
  }

  /// Number of outputs.
  var length: Int { first.count }

  /// Hands the tables to `body` as the kernels of 8-bit images want them, in fixed point.
  func withTaps(_ body: (cresampling_taps) -> Void) {
    let fixed = weights.map { weight in
      let scaled = weight * ResamplingWeights.unit
      return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
    first.withUnsafeBufferPointer { first in
      count.withUnsafeBufferPointer { count in
        fixed.withUnsafeBufferPointer { weights in
          body(
            cresampling_taps(
              first: first.baseAddress, count: count.baseAddress, weights: weights.baseAddress,
              stride: stride, length: length))
        }
      }
    }
  }

  /// The same in double precision.
  func withExactTaps(_ body: (cresampling_exact_taps) -> Void) {
    first.withUnsafeBufferPointer { first in
      count.withUnsafeBufferPointer { count in
        weights.withUnsafeBufferPointer { weights in
          body(
            cresampling_exact_taps(
              first: first.baseAddress, count: count.baseAddress, weights: weights.baseAddress,
              stride: stride, length: length))
        }
      }
    }
  }
}
