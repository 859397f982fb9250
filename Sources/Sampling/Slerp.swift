import Foundation

/// Interpolation on the sphere, which keeps normal noise as long as it is.
///
///     sin((1 − u)·θ)/sin θ·a + sin(u·θ)/sin θ·b,  θ the angle between a and b
///
/// Source: Shoemake, "Animating rotation with quaternion curves", 1985.
public enum Slerp {
  /// Angles with a smaller sine are taken for none.
  private static let smallestSine = 1e-6

  /// - Parameter u: 0 gives a, 1 gives b, both as they are.
  /// - Precondition: `a` and `b` are of one length.
  public static func between(_ a: [Float], _ b: [Float], _ u: Double) -> [Float] {
    precondition(a.count == b.count, "both ends have as many numbers")
    if u == 0 { return a }
    if u == 1 { return b }
    var (dot, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      dot += Double(x) * Double(y)
      aa += Double(x) * Double(x)
      bb += Double(y) * Double(y)
    }
    let cosine = aa > 0 && bb > 0 ? max(-1, min(1, dot / (aa * bb).squareRoot())) : 1
    let angle = acos(cosine)
    let sine = sin(angle)
    let (first, second) =
      sine < smallestSine ? (1 - u, u) : (sin((1 - u) * angle) / sine, sin(u * angle) / sine)
    return zip(a, b).map { Float(first * Double($0) + second * Double($1)) }
  }
}
