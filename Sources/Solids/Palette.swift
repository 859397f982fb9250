import Foundation

/// Colours given by lightness, chroma and hue, as linear-light sRGB.
///
/// Source: Björn Ottosson, "A perceptual color space for image processing"
/// (Oklab), bottosson.github.io/posts/oklab, 2020.
enum Palette {
  /// - Parameters:
  ///   - lightness: 0 (black) to 1 (white).
  ///   - chroma: 0 (grey) to about 0.3.
  ///   - hue: in turns.
  /// - Returns: linear red, green, blue, clipped to [0, 1].
  static func colour(lightness: Float, chroma: Float, hue: Float) -> SIMD3<Float> {
    // Sine and cosine in double precision, so that the rounded result does not
    // depend on the platform's mathematics library.
    let angle = 2 * Double.pi * Double(hue)
    let a = chroma * Float(cos(angle))
    let b = chroma * Float(sin(angle))
    let l = lightness + 0.396_337_78 * a + 0.215_803_76 * b
    let m = lightness - 0.105_561_346 * a - 0.063_854_17 * b
    let s = lightness - 0.089_484_18 * a - 1.291_485_5 * b
    let l3 = l * l * l
    let m3 = m * m * m
    let s3 = s * s * s
    let red = 4.076_741_7 * l3 - 3.307_711_6 * m3 + 0.230_969_94 * s3
    let green = -1.268_438 * l3 + 2.609_757_4 * m3 - 0.341_319_38 * s3
    let blue = -0.004_196_086_3 * l3 - 0.703_418_6 * m3 + 1.707_614_7 * s3
    return SIMD3(red, green, blue).clamped(
      lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 1))
  }
}
