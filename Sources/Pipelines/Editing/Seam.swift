// H × W pixels, 3 channels.
import Foundation
import Imaging

/// Joins what was painted to the pixels that are known.
///
/// Known pixels stay as they are. A decoded image differs a little from them, by a tone that
/// changes slowly; at the border that would show as a line. The difference is continued into the
/// painted part, as the mean over the known pixels near by, and fades out there:
///
///     p′ = p + w·G∗((1 − m)·(k − p))/G∗(1 − m),  w = min(1, 2·G∗(1 − m)/(1 − g))
///     result = m·p′ + (1 − m)·k
///
/// with m the mask, p the painted and k the known image, G a Gaussian whose deviation is half the
/// feather, g its middle: beside a straight border w is 1.
struct Seam {
  let mask: Mask
  /// Kernel of the Gaussian, its middle first; empty for none.
  private let kernel: [Float]

  private static let smallest: Float = 1e-4

  /// - Parameter feather: in pixels; 0 joins nothing.
  init(_ mask: Mask, feather: Double) {
    self.mask = mask
    let deviation = feather / 2
    let radius = Int((3 * deviation).rounded(.up))
    let weights = (0...radius).map { distance in
      feather > 0 ? exp(-0.5 * pow(Double(distance) / deviation, 2)) : 1
    }
    let sum = 2 * weights.reduce(0, +) - weights[0]
    kernel = feather > 0 ? weights.map { Float($0 / sum) } : []
  }

  /// - Precondition: both images have the mask's size.
  func join(_ painted: RGBImage, to known: RGBImage) -> RGBImage {
    let m = mask.values
    let near = kernel.isEmpty ? [] : blurred(m.map { 1 - $0 })
    // A narrow Gaussian is all middle.
    let share = kernel.isEmpty ? 1 : 2 / max(1 - kernel[0], Self.smallest)
    var pixels = painted.pixels
    for channel in 0..<3 {
      let difference = m.indices.map { pixel in
        (1 - m[pixel])
          * (Float(known.pixels[3 * pixel + channel]) - Float(painted.pixels[3 * pixel + channel]))
      }
      let continued = kernel.isEmpty ? [] : blurred(difference)
      for pixel in m.indices {
        let place = 3 * pixel + channel
        if m[pixel] == 0 {
          pixels[place] = known.pixels[place]
          continue
        }
        var value = Float(painted.pixels[place])
        if !kernel.isEmpty, near[pixel] > Self.smallest {
          value += min(1, share * near[pixel]) * continued[pixel] / near[pixel]
        }
        let mixed = m[pixel] * value + (1 - m[pixel]) * Float(known.pixels[place])
        pixels[place] = UInt8(max(0, min(255, mixed.rounded())))
      }
    }
    return RGBImage(width: painted.width, height: painted.height, pixels: pixels)
  }

  /// A plane under the Gaussian, edges repeated.
  private func blurred(_ plane: [Float]) -> [Float] {
    let side = mask.side
    func pass(_ source: [Float], _ step: Int, _ line: Int) -> [Float] {
      var result = source
      for row in 0..<side {
        for place in 0..<side {
          var sum = kernel[0] * source[row * line + place * step]
          for distance in 1..<kernel.count {
            let (before, after) = (max(place - distance, 0), min(place + distance, side - 1))
            sum +=
              kernel[distance]
              * (source[row * line + before * step] + source[row * line + after * step])
          }
          result[row * line + place * step] = sum
        }
      }
      return result
    }
    return pass(pass(plane, 1, side), side, 1)
  }
}
