import Foundation
import Randomness

/// One solid with its material, pose, light and background: everything an
/// image shows, drawn from (seed, class, index) alone.
public struct SolidScene: Sendable {
  public let solid: SolidClass

  /// Camera direction around the vertical, from the solid's +z side, and above
  /// the floor; radians.
  let azimuth: Float
  let elevation: Float
  /// The solid's size in the frame, as a fraction of the frame's side.
  let fill: Float
  /// Displacement of the solid in the frame, in frame sides.
  let shift: SIMD2<Float>

  /// Key light's direction, from the camera's (azimuth) and above the floor; radians.
  let lightAzimuth: Float
  let lightElevation: Float

  /// Linear-light colours.
  let baseColour: SIMD3<Float>
  let nearColour: SIMD3<Float>
  let farColour: SIMD3<Float>
  /// Direction in the frame along which `nearColour` turns into `farColour`.
  let gradientSlant: Float
  /// 0 (mirror-like highlight) to 1 (matt).
  let roughness: Float

  /// - Parameters:
  ///   - solid: the class.
  ///   - seed: of the data set.
  ///   - index: the image's number within its class.
  public init(solid: SolidClass, seed: UInt64, index: UInt32) {
    var stream = RandomStream(
      seed: seed, purpose: .scene, index: UInt64(solid.label) << 32 | UInt64(index))
    self.solid = solid

    let turn = stream.uniform(in: -1..<1)
    azimuth = turn * Self.azimuthReach(solid)
    elevation = stream.uniform(in: 0.37..<0.66)
    fill = stream.uniform(in: 0.64..<0.76)
    shift = SIMD2(stream.uniform(in: -0.03..<0.03), stream.uniform(in: -0.02..<0.03))

    // Never straight from the camera, where shading would be flat, nor from behind.
    let side: Float = stream.uniform() < 0.5 ? -1 : 1
    lightAzimuth = side * stream.uniform(in: 0.45..<1.45)
    lightElevation = stream.uniform(in: 0.75..<1.1)

    let hue = stream.uniform()
    // Yellow is pleasant when light, blue and violet when darker.
    let fromYellow = abs(hue - 0.28) < 0.5 ? abs(hue - 0.28) : 1 - abs(hue - 0.28)
    baseColour = Palette.colour(
      lightness: 0.8 - 0.4 * fromYellow + stream.uniform(in: -0.06..<0.06),
      chroma: stream.uniform(in: 0.15..<0.21), hue: hue)

    // Two palettes of backgrounds: paper, whose hue keeps its distance from the
    // solid's, and dusk, from teal to purple.
    let backgroundHue: Float
    let nearLightness: Float
    let farLightness: Float
    let chroma: Float
    if stream.uniform() < 0.65 {
      backgroundHue = hue + stream.uniform(in: 0.25..<0.75)
      nearLightness = stream.uniform(in: 0.84..<0.93)
      farLightness = nearLightness - stream.uniform(in: 0.06..<0.18)
      chroma = stream.uniform(in: 0.01..<0.05)
    } else {
      backgroundHue = stream.uniform(in: 0.52..<0.88)
      nearLightness = stream.uniform(in: 0.42..<0.52)
      farLightness = nearLightness - stream.uniform(in: 0.1..<0.18)
      chroma = stream.uniform(in: 0.02..<0.06)
    }
    nearColour = Palette.colour(lightness: nearLightness, chroma: chroma, hue: backgroundHue)
    farColour = Palette.colour(
      lightness: farLightness, chroma: chroma + 0.02,
      hue: backgroundHue + stream.uniform(in: -0.08..<0.08))
    gradientSlant = stream.uniform(in: -0.5..<0.5)
    roughness = stream.uniform(in: 0.18..<0.6)
  }

  /// How far the camera may go round either way, radians. Flat and long solids
  /// are kept from turning edge-on, where they would lose their silhouette.
  private static func azimuthReach(_ solid: SolidClass) -> Float {
    switch solid {
    case .capsule, .cross, .star: 0.6
    case .torus: 0.75
    case .cone, .cube, .cylinder, .octahedron, .pyramid, .sphere: .pi
    }
  }

  /// Unit vector of a direction given by azimuth (from +z towards +x) and elevation.
  static func direction(azimuth: Float, elevation: Float) -> SIMD3<Float> {
    // In double precision for the same bits on every platform.
    let a = Double(azimuth)
    let e = Double(elevation)
    return SIMD3(Float(sin(a) * cos(e)), Float(sin(e)), Float(cos(a) * cos(e)))
  }
}
