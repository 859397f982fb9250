/// A scene with what all its pixels share worked out.
struct Shot {
  private static let skyColour = SIMD3<Float>(0.80, 0.90, 1.0)
  private static let keyColour = SIMD3<Float>(1.0, 0.96, 0.90)
  /// Half the frame's side at distance 1: a long lens, little distortion.
  private static let halfView: Float = 0.22
  /// Sharpness of shadows: a gap of h at distance t lets h·sharpness/t of the light by.
  private static let shadowSharpness: Float = 4
  private static let shadowReach: Float = 3.2
  /// Longest ambient-occlusion tap above the floor.
  private static let occlusionReach: Float = 0.8

  private let solid: SolidClass
  private let isConvex: Bool
  private let floor: Float
  private let radius: Float
  private let shift: SIMD2<Float>
  private let slant: Float
  private let roughness: Float
  private let eye: SIMD3<Float>
  private let right: SIMD3<Float>
  private let up: SIMD3<Float>
  private let forward: SIMD3<Float>
  private let light: SIMD3<Float>
  private let base: SIMD3<Float>
  private let near: SIMD3<Float>
  private let far: SIMD3<Float>

  init(_ scene: SolidScene) {
    solid = scene.solid
    isConvex = DistanceField.isConvex(solid)
    floor = DistanceField.floor(solid)
    radius = DistanceField.boundingRadius(solid)
    shift = scene.shift
    slant = scene.gradientSlant
    roughness = scene.roughness
    base = scene.baseColour
    near = scene.nearColour
    far = scene.farColour
    let back = SolidScene.direction(azimuth: scene.azimuth, elevation: scene.elevation)
    let framing = DistanceField.framing(solid)
    eye = back * (framing.half / (scene.fill * Self.halfView)) + SIMD3(0, framing.height, 0)
    forward = -back
    right = SIMD3<Float>(0, 1, 0).cross(back).normalised
    up = back.cross(right)
    light = SolidScene.direction(
      azimuth: scene.azimuth + scene.lightAzimuth, elevation: scene.lightElevation)
  }

  /// The mean of a pixel's samples, display-encoded: four, and where these
  /// disagree four more.
  func pixel(row: Int, column: Int, size: Int) -> SIMD3<UInt8> {
    // Eight rooks on an 8×8 board: no two samples share a row or a column.
    let first = radiance(
      frame(Lanes(0, 2, 4, 6), column, size), -frame(Lanes(3, 7, 1, 5), row, size))
    var mean = first.mean
    if first.spread > 0.04 {
      let second = radiance(
        frame(Lanes(1, 3, 5, 7), column, size), -frame(Lanes(0, 4, 6, 2), row, size))
      mean = 0.5 * (mean + second.mean)
    }
    return SIMD3(encoded(mean.x), encoded(mean.y), encoded(mean.z))
  }

  /// Close to the sRGB curve (within 4 of 255), from a square root only.
  @inline(__always)
  private func encoded(_ linear: Float) -> UInt8 {
    let value = min(1, max(0, linear))
    return UInt8((1.2 * value.squareRoot() - 0.2 * value) * 255 + 0.5)
  }

  /// Frame coordinates in [−1, 1] of samples at eighths of a pixel.
  @inline(__always)
  private func frame(_ eighths: Lanes, _ pixel: Int, _ size: Int) -> Lanes {
    ((eighths + 0.5) * 0.125 + Float(pixel)) * (2 / Float(size)) - 1
  }

  /// Linear-light colour at frame coordinates in [−1, 1], v upwards.
  @inline(__always)
  private func radiance(_ u: Lanes, _ v: Lanes) -> LaneVector {
    let a = (u - 2 * shift.x) * Self.halfView
    let b = (v - 2 * shift.y) * Self.halfView
    let direction = LaneVector(
      forward.x + a * right.x + b * up.x, forward.y + b * up.y,
      forward.z + a * right.z + b * up.z
    ).normalised
    let origin = LaneVector(eye)
    // The camera looks down by more than its half angle of view.
    let toFloor = (floor - eye.y) / lesser(direction.y, -0.01)
    let backdrop = LaneVector.mix(
      LaneVector(near), LaneVector(far), smoothStep(v + u * slant, -1.2, 1.2))

    let (travelled, hit) = trace(origin, direction, limit: toFloor)
    guard any(hit) else { return floorColour(origin + direction * toFloor, backdrop) }
    let surface = solidColour(origin + direction * travelled, direction, backdrop)
    guard any(.!hit) else { return surface }
    return floorColour(origin + direction * toFloor, backdrop).replacing(with: surface, where: hit)
  }

  /// Where rays meet the bounding sphere: distances in and out, and whether they do.
  @inline(__always)
  private func bounds(_ origin: LaneVector, _ direction: LaneVector, _ radius: Float)
    -> (enter: Lanes, leave: Lanes, meets: LaneMask)
  {
    let along = origin.dot(direction)
    let discriminant = along * along - origin.dot(origin) + radius * radius
    let half = root(greater(discriminant, 0))
    return (-along - half, half - along, discriminant .> 0)
  }

  /// Distances to the solid along the rays, and which rays meet it.
  @inline(__always)
  private func trace(_ origin: LaneVector, _ direction: LaneVector, limit: Lanes)
    -> (Lanes, LaneMask)
  {
    let span = bounds(origin, direction, radius)
    let none = LaneMask(repeating: false)
    guard any(span.meets) else { return (limit, none) }
    let leave = lesser(span.leave, limit)
    var t = span.enter
    var hit = none
    var active = span.meets
    for _ in 0..<64 {
      let d = DistanceField.distance(solid, origin + direction * t)
      let arrived = active .& (d .< 0.001)
      hit = hit .| arrived
      active = active .& (d .>= 0.001)
      t = t.replacing(with: t + d, where: active)
      active = active .& (t .< leave)
      guard any(active) else { break }
    }
    return (t, hit)
  }

  /// Gradient of the distance by differences along a tetrahedron's corners.
  /// The step is wide enough to soften the shading across hard edges.
  @inline(__always)
  private func normal(_ p: LaneVector) -> LaneVector {
    let h: Float = 0.015
    let a = DistanceField.distance(solid, LaneVector(p.x + h, p.y - h, p.z - h))
    let b = DistanceField.distance(solid, LaneVector(p.x - h, p.y - h, p.z + h))
    let c = DistanceField.distance(solid, LaneVector(p.x - h, p.y + h, p.z - h))
    let d = DistanceField.distance(solid, LaneVector(p.x + h, p.y + h, p.z + h))
    return LaneVector(a - b - c + d, c + d - a - b, b + d - a - c).normalised
  }

  /// Share of the key light that reaches `p`, with a penumbra on both sides of
  /// the shadow's border.
  @inline(__always)
  private func lit(_ p: LaneVector) -> Lanes {
    let direction = LaneVector(light)
    let span = bounds(p, direction, radius + 0.25 * Self.shadowReach / Self.shadowSharpness)
    let leave = lesser(span.leave, Self.shadowReach)
    var t = greater(span.enter, 0.02)
    var active = span.meets .& (t .< leave)
    var gap = Lanes(repeating: 1)
    for _ in 0..<40 {
      guard any(active) else { break }
      let d = DistanceField.distance(solid, p + direction * t)
      gap = gap.replacing(with: lesser(gap, d * Self.shadowSharpness / t), where: active)
      t += clamped(d, 0.04, 0.25)
      active = active .& (t .< leave) .& (gap .> -1)
    }
    gap = greater(gap, -1)
    return 0.25 * (1 + gap) * (1 + gap) * (2 - gap)
  }

  /// Share of the sky that a floor point sees.
  @inline(__always)
  private func openness(_ p: LaneVector) -> Lanes {
    let reach = radius + Self.occlusionReach
    guard any(p.dot(p) .< reach * reach) else { return Lanes(repeating: 1) }
    var hidden = Lanes(repeating: 0)
    var weight: Float = 0.75
    for height: Float in [0.1, 0.25, 0.5, 0.8] {
      let d = DistanceField.distance(solid, LaneVector(p.x, p.y + height, p.z))
      hidden += clamped((height - d) / height, 0, 1) * weight
      weight *= 0.6
    }
    return 1 - lesser(hidden * 0.5, 0.85)
  }

  /// The backdrop runs on as the floor, darkened by shadow and occlusion.
  @inline(__always)
  private func floorColour(_ p: LaneVector, _ backdrop: LaneVector) -> LaneVector {
    let sky = openness(p)
    let key = lit(p)
    let share = 0.45 * sky + 0.55 * key
    // What light the solid keeps from the floor, it partly gives back in its colour.
    let tint = LaneVector(base) * ((1 - sky) * 0.12)
    return backdrop * (share * (0.3 + 0.7 * sky)) + backdrop * tint
  }

  /// Lambert and GGX under the key light, a hemisphere of sky and floor around.
  @inline(__always)
  private func solidColour(_ p: LaneVector, _ direction: LaneVector, _ backdrop: LaneVector)
    -> LaneVector
  {
    let n = normal(p)
    let l = LaneVector(light)
    var key = greater(n.dot(l), 0)
    if !isConvex, any(key .> 0) {
      key *= lit(p + n * Lanes(repeating: 0.03))
    }
    let upward = 0.5 + 0.5 * n.y
    // Near its foot the solid looks at its own shadow.
    let bounce = smoothStep(p.y - floor, -0.35, 0.9)
    let ambient =
      LaneVector(Self.skyColour) * (upward * 0.42)
      + backdrop * ((1 - upward) * bounce * 0.4)
    let diffuse = LaneVector(base) * (LaneVector(Self.keyColour) * (key * 0.95) + ambient)

    let view = direction * Lanes(repeating: -1)
    let half = (l + view).normalised
    let nh = greater(n.dot(half), 0)
    let lh = greater(l.dot(half), 0.3)
    let a = roughness * roughness
    let lobe = nh * nh * (a * a - 1) + 1
    let specular = a * a * 0.04 / (4 * lobe * lobe * lh * lh * (roughness + 0.5))

    let facing = greater(n.dot(view), 0)
    let grazing = 1 - facing
    let squared = grazing * grazing
    let fresnel = (0.04 + 0.5 * (1 - roughness) * squared * squared * grazing)
    let mirrored = 2 * facing * n.y - view.y
    let sheen =
      LaneVector.mix(backdrop, LaneVector(Self.skyColour), smoothStep(mirrored, -0.3, 0.6))
      * (fresnel * (1 - 0.5 * roughness))
    let highlight = LaneVector(Self.keyColour) * lesser(specular * key * 3.1, 0.9)
    return diffuse + highlight + sheen
  }
}
