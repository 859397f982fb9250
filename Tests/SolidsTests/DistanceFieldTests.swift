import Randomness
import Testing

@testable import Solids

@Suite("Distance fields")
struct DistanceFieldTests {
  private func points(_ count: Int) -> [LaneVector] {
    var stream = RandomStream(seed: 3, purpose: .scene, index: 0)
    func lanes() -> Lanes {
      var lanes = Lanes()
      for i in 0..<4 { lanes[i] = stream.uniform(in: -2..<2) }
      return lanes
    }
    return (0..<count).map { _ in LaneVector(lanes(), lanes(), lanes()) }
  }

  @Test("never grow faster than the distance walked", arguments: SolidClass.allCases)
  func slope(solid: SolidClass) {
    let p = points(400)
    for (a, b) in zip(p, p.dropFirst()) {
      // Near pairs find the steep places, far ones the jumps.
      for step: Float in [0.01, 0.3, 1] {
        let c = LaneVector.mix(a, b, Lanes(repeating: step))
        let walked = root((c - a).dot(c - a))
        let grown = absolute(
          DistanceField.distance(solid, c) - DistanceField.distance(solid, a))
        #expect(all(grown .<= walked * 1.001 + 1e-5))
      }
    }
  }

  @Test("solids lie within their bounds and touch the floor", arguments: SolidClass.allCases)
  func bounds(solid: SolidClass) {
    let radius = DistanceField.boundingRadius(solid)
    let floor = DistanceField.floor(solid)
    var lowest: Float = 1
    var inside = 0
    for p in points(60_000) {
      let d = DistanceField.distance(solid, p)
      let r = root(p.dot(p))
      for i in 0..<4 where d[i] < 0 {
        inside += 1
        lowest = min(lowest, p.y[i])
        #expect(r[i] <= radius)
      }
    }
    #expect(inside > 1000)
    #expect(lowest >= floor)
    #expect(lowest < floor + 0.12)
  }

  @Test("distances worked out by hand")
  func values() {
    func at(_ solid: SolidClass, _ x: Float, _ y: Float, _ z: Float) -> Float {
      DistanceField.distance(solid, LaneVector(SIMD3(x, y, z))).x
    }
    let close: Float = 1e-5
    #expect(abs(at(.sphere, 0, 3, 0) - 2.05) < close)
    #expect(abs(at(.cube, 1.74, 0, 0.1) - 1) < close)
    #expect(abs(at(.cylinder, 0, 0, -1.68) - 1) < close)
    #expect(abs(at(.cylinder, 0.2, 1.86, 0) - 1) < close)
    #expect(abs(at(.capsule, 2.3, 0, 0) - 1) < close)
    #expect(abs(at(.torus, 0, 0, 0) - 0.49) < close)
    #expect(abs(at(.torus, 0, 0.76, 0) + 0.27) < close)
    #expect(abs(at(.cross, 0, -2, 0) - 1) < close)
    #expect(at(.cross, 0.7, 0.7, 0) > 0.3)
    #expect(abs(at(.cone, 0, -1.95, 0) - 1) < close)
    #expect(abs(at(.star, 0, 2.12, 0) - 1) < close)
    #expect(at(.star, 0, -0.8, 0) > 0.2)
    #expect(abs(at(.octahedron, 0, 1.15, 0)) < 0.01)
    #expect(abs(at(.pyramid, 0, -1.78, 0) - 1) < 0.01)
  }
}
