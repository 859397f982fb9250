/// Signed distances to the ten solids, negative inside.
///
/// Every solid stands on the plane y = `floor` with its vertical middle near
/// y = 0; star, cross and torus face +z, the capsule lies along x. Lengths are
/// in scene units, all solids about 2 across. Distances are exact outside
/// except for pyramid and octahedron, where the greatest face-plane distance is
/// used: never above the true one, hence safe for sphere tracing.
///
/// Source of the method and of the exact forms of box, cylinder, capsule and
/// torus: Inigo Quilez, "Distance functions" and "2D distance functions",
/// iquilezles.org/articles. Cone, cross and star are derived below.
enum DistanceField {
  static let sphereRadius: Float = 0.95
  static let cubeHalf: Float = 0.74
  static let cylinderRadius: Float = 0.68
  static let cylinderHalf: Float = 0.86
  static let capsuleRadius: Float = 0.56
  static let capsuleHalf: Float = 0.74
  static let coneRadius: Float = 0.9
  static let coneHalf: Float = 0.95
  static let pyramidBase: Float = 0.98
  static let pyramidHalf: Float = 0.78
  static let octahedronReach: Float = 1.15
  static let torusRing: Float = 0.76
  static let torusTube: Float = 0.27
  static let crossReach: Float = 1
  static let crossArm: Float = 0.33
  static let crossDepth: Float = 0.3
  static let starReach: Float = 1.12
  static let starNotch: Float = 0.5
  static let starDepth: Float = 0.28
  /// Radius of rounded edges.
  static let edge: Float = 0.06

  /// Height of the plane the solid stands on.
  static func floor(_ solid: SolidClass) -> Float {
    switch solid {
    case .capsule: -capsuleRadius
    case .cone: -coneHalf
    case .cross: -crossReach
    case .cube: -cubeHalf
    case .cylinder: -cylinderHalf
    case .octahedron: -octahedronReach
    case .pyramid: -pyramidHalf
    case .sphere: -sphereRadius
    // The lower tips of a five-pointed star lie at cos 36° of its reach.
    case .star: -(0.809_017 * (starReach - edge) + edge)
    case .torus: -(torusRing + torusTube)
    }
  }

  /// Radius around the origin that contains the solid.
  static func boundingRadius(_ solid: SolidClass) -> Float {
    switch solid {
    case .capsule: capsuleHalf + capsuleRadius
    case .cone: (coneRadius * coneRadius + coneHalf * coneHalf).squareRoot()
    case .cross:
      (crossReach * crossReach + crossArm * crossArm + crossDepth * crossDepth).squareRoot()
    case .cube: cubeHalf * Float(3).squareRoot()
    case .cylinder:
      (cylinderRadius * cylinderRadius + cylinderHalf * cylinderHalf).squareRoot()
    case .octahedron: octahedronReach
    case .pyramid: (2 * pyramidBase * pyramidBase + pyramidHalf * pyramidHalf).squareRoot()
    case .sphere: sphereRadius
    case .star: (starReach * starReach + starDepth * starDepth).squareRoot()
    case .torus: torusRing + torusTube
    }
  }

  /// Height of the point the camera looks at, and half the side of the frame
  /// that the solid seen from there would just fill.
  static func framing(_ solid: SolidClass) -> (height: Float, half: Float) {
    switch solid {
    case .capsule: (0, 1.2)
    case .cone: (-0.06, 1)
    case .cross: (0, 1)
    case .cube: (0, 1.06)
    case .cylinder: (0, 1.06)
    case .octahedron: (0, 1.1)
    case .pyramid: (-0.14, 1.16)
    case .sphere: (0, 1)
    case .star: (0.06, 1.1)
    case .torus: (0, 0.98)
    }
  }

  /// Whether no part of the solid can shade another.
  static func isConvex(_ solid: SolidClass) -> Bool {
    switch solid {
    case .capsule, .cone, .cube, .cylinder, .octahedron, .pyramid, .sphere: true
    case .cross, .star, .torus: false
    }
  }

  @inline(__always)
  static func distance(_ solid: SolidClass, _ p: LaneVector) -> Lanes {
    switch solid {
    case .capsule: capsule(p)
    case .cone: cone(p)
    case .cross: cross(p)
    case .cube: roundedBox(p, cubeHalf, cubeHalf, cubeHalf)
    case .cylinder: cylinder(p)
    case .octahedron: octahedron(p)
    case .pyramid: pyramid(p)
    case .sphere: root(p.dot(p)) - sphereRadius
    case .star: star(p)
    case .torus: torus(p)
    }
  }

  @inline(__always)
  private static func capsule(_ p: LaneVector) -> Lanes {
    let x = p.x - clamped(p.x, -capsuleHalf, capsuleHalf)
    return root(x * x + p.y * p.y + p.z * p.z) - capsuleRadius
  }

  @inline(__always)
  private static func roundedBox(_ p: LaneVector, _ a: Float, _ b: Float, _ c: Float) -> Lanes {
    let x = absolute(p.x) - (a - edge)
    let y = absolute(p.y) - (b - edge)
    let z = absolute(p.z) - (c - edge)
    let outside = LaneVector(greater(x, 0), greater(y, 0), greater(z, 0))
    return root(outside.dot(outside)) + lesser(greater(x, greater(y, z)), 0) - edge
  }

  /// A plane figure at distance `flat`, given the depth |z| − half-depth in `depth`.
  @inline(__always)
  private static func extruded(_ flat: Lanes, _ depth: Lanes) -> Lanes {
    length(greater(flat, 0), greater(depth, 0)) + lesser(greater(flat, depth), 0) - edge
  }

  @inline(__always)
  private static func cylinder(_ p: LaneVector) -> Lanes {
    extruded(
      length(p.x, p.z) - (cylinderRadius - edge), absolute(p.y) - (cylinderHalf - edge))
  }

  @inline(__always)
  private static func torus(_ p: LaneVector) -> Lanes {
    length(length(p.x, p.y) - torusRing, p.z) - torusTube
  }

  /// Squared distance from (x, y) to the segment that starts at the origin and ends at (a, b).
  @inline(__always)
  private static func squaredToSegment(_ x: Lanes, _ y: Lanes, _ a: Float, _ b: Float) -> Lanes {
    let t = clamped((x * a + y * b) * (1 / (a * a + b * b)), 0, 1)
    let dx = x - t * a
    let dy = y - t * b
    return dx * dx + dy * dy
  }

  /// The half profile is the triangle (0, −h), (r, −h), (0, h): distance to
  /// its base and slope, negative where the point lies inside both.
  @inline(__always)
  private static func cone(_ p: LaneVector) -> Lanes {
    let q = length(p.x, p.z)
    let r = coneRadius - 2 * edge
    let low = edge - coneHalf
    let high = coneHalf - 2 * edge
    let slope = squaredToSegment(q - r, p.y - low, -r, high - low)
    let base = squaredToSegment(q, p.y - low, r, 0)
    let outside = greater((q - r) * (high - low) + (p.y - low) * r, low - p.y)
    let d = root(lesser(slope, base))
    return (-d).replacing(with: d, where: outside .> 0) - edge
  }

  /// Folding along the diagonal leaves one arm of the plus.
  @inline(__always)
  private static func cross(_ p: LaneVector) -> Lanes {
    let x = absolute(p.x)
    let y = absolute(p.y)
    return roundedBox(
      LaneVector(greater(x, y), lesser(x, y), p.z), crossReach, crossArm, crossDepth)
  }

  /// |a| with its corner rounded; its slope stays below 1, so distances stay safe.
  @inline(__always)
  private static func softAbsolute(_ a: Lanes) -> Lanes { root(a * a + edge * edge) }

  /// The greater of two distances, their crease rounded.
  @inline(__always)
  private static func softGreater(_ a: Lanes, _ b: Lanes) -> Lanes {
    0.5 * (a + b + softAbsolute(a - b))
  }

  @inline(__always)
  private static func octahedron(_ p: LaneVector) -> Lanes {
    let sum = softAbsolute(p.x) + softAbsolute(p.y) + softAbsolute(p.z)
    // At a tip the other two terms are `edge` each.
    return (sum - octahedronReach - 2 * edge) * 0.577_350_27
  }

  @inline(__always)
  private static func pyramid(_ p: LaneVector) -> Lanes {
    let side = softGreater(absolute(p.x), absolute(p.z))
    // Face normal (2h, b) / |…|: height 2h over half-base b.
    let rise: Float = 2 * pyramidHalf
    let norm = 1 / (rise * rise + pyramidBase * pyramidBase).squareRoot()
    let face = (side * rise + (p.y - pyramidHalf) * pyramidBase) * norm
    return softGreater(face, -pyramidHalf - p.y)
  }

  /// Reflections fold the plane into the 36° wedge between a tip at (0, reach)
  /// and the notch beside it; there the outline is one segment.
  @inline(__always)
  private static func star(_ p: LaneVector) -> Lanes {
    let c: Float = 0.809_017  // cos 36°
    let s: Float = 0.587_785_25  // sin 36°
    var x = absolute(p.x)
    var y = p.y
    // Mirrors through the origin along the wedge's borders, normals (c, ∓s).
    let first = 2 * greater(c * x + -s * y, 0)
    x -= first * c
    y += first * s
    let second = 2 * greater(-c * x - s * y, 0)
    x += second * c
    y += second * s
    x = absolute(x)
    let reach = starReach - edge
    let notchX = starNotch * s
    let notchY = starNotch * c - reach
    let squared = squaredToSegment(x, y - reach, notchX, notchY)
    let outside = (y - reach) * notchX - x * notchY
    let d = root(squared)
    let flat = (-d).replacing(with: d, where: outside .> 0)
    return extruded(flat, absolute(p.z) - (starDepth - edge))
  }
}
