import Imaging
import TensorGraph
import Testing

@testable import Pipelines

@Suite struct SeamTests {
  private static let side = 24

  private func image(_ value: (_ x: Int, _ y: Int) -> Int) -> RGBImage {
    let side = Self.side
    return RGBImage(
      width: side, height: side,
      pixels: (0..<side * side).flatMap { place in
        let value = UInt8(clamping: value(place % side, place / side))
        return [value, value, value]
      })
  }

  private func mask(_ value: (_ x: Int, _ y: Int) -> Float) -> Mask {
    let side = Self.side
    return Mask(side: side, values: (0..<side * side).map { value($0 % side, $0 / side) })
  }

  private func row(_ image: RGBImage, _ y: Int) -> [Int] {
    (0..<Self.side).map { Int(image.pixels[3 * (y * Self.side + $0)]) }
  }

  /// A painted image that is brighter everywhere shows no line at the border, and is itself
  /// further in.
  @Test func aDifferenceInToneFadesOut() {
    let known = image { x, _ in 100 + x }
    let painted = image { x, _ in 120 + x }
    let half = mask { x, _ in x >= 8 ? 1 : 0 }
    let joined = row(Seam(half, feather: 4).join(painted, to: known), 12)
    #expect(Array(joined[..<8]) == Array(row(known, 12)[..<8]))
    #expect(Array(joined[16...]) == Array(row(painted, 12)[16...]))
    let steps = zip(joined, joined.dropFirst()).map { $1 - $0 }
    let isGradual = steps.allSatisfy { (0...12).contains($0) }
    #expect(isGradual && steps[7] <= 2, "\(joined)")
    // Without a feather the line is there.
    let hard = row(Seam(half, feather: 0).join(painted, to: known), 12)
    #expect(hard[8] - hard[7] == 21)
  }

  @Test func whiteIsThePaintedAndBlackTheKnownImage() {
    let known = image { x, y in x * y }
    let painted = image { x, y in 255 - 3 * x - y }
    for feather in [0, 1, 4, 30] as [Double] {
      #expect(Seam(mask { _, _ in 1 }, feather: feather).join(painted, to: known) == painted)
      #expect(Seam(mask { _, _ in 0 }, feather: feather).join(painted, to: known) == known)
    }
  }

  @Test func grayIsBetween() {
    let joined = Seam(mask { _, _ in 0.25 }, feather: 0)
      .join(image { _, _ in 200 }, to: image { _, _ in 100 })
    #expect(joined == image { _, _ in 125 })
  }

  /// 2 × 2 pixels for each latent.
  @Test func latentsHaveTheMeanOfTheirPixels() {
    let mask = Mask(side: 4, values: [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0.5, 0.5])
    #expect(mask.latents([2, 2, 2]) == [0.75, 0, 0, 0.5, 0.75, 0, 0, 0.5])
  }
}
