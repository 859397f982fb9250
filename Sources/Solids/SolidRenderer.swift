import Diagnostics

/// Draws scenes by sphere tracing, with four samples per pixel and eight where
/// those differ.
///
/// The same scene and size give the same bytes on every platform: only
/// correctly rounded operations are used per pixel.
///
/// Sources: J. C. Hart, "Sphere tracing", The Visual Computer 12, 1996; soft
/// shadows and ambient occlusion from distance fields after Inigo Quilez, "Soft
/// shadows in raymarched SDFs"; highlight: the GGX approximation of R. Zioma,
/// "Optimizing PBR for mobile", SIGGRAPH 2015.
public struct SolidRenderer: Sendable {
  /// Sides an image may have.
  public static let sizes = 8...1024
  /// Goes up whenever a scene's pixels change.
  public static let version = 1

  /// Height and width of the images.
  public let size: Int

  /// Throws `InputError` for a size outside ``sizes``.
  public init(size: Int) throws {
    guard Self.sizes.contains(size) else {
      throw InputError(
        "image size",
        expected: "\(Self.sizes.lowerBound) to \(Self.sizes.upperBound) pixels", found: "\(size)")
    }
    self.size = size
  }

  /// - Returns: RGB bytes, (size, size, 3), row by row.
  public func render(_ scene: SolidScene) -> [UInt8] {
    let shot = Shot(scene)
    return [UInt8](unsafeUninitializedCapacity: size * size * 3) { pixels, count in
      var at = 0
      for row in 0..<size {
        for column in 0..<size {
          let colour = shot.pixel(row: row, column: column, size: size)
          pixels[at] = colour.x
          pixels[at + 1] = colour.y
          pixels[at + 2] = colour.z
          at += 3
        }
      }
      count = at
    }
  }
}
