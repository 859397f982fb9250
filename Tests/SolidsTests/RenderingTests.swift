import Diagnostics
import Files
import Testing

@testable import Solids

@Suite("Rendering")
struct RenderingTests {
  /// Changes only together with `SolidRenderer.version`.
  @Test(
    "pinned pixels",
    arguments: [
      (
        SolidClass.capsule, UInt32(0),
        "3547efed6756d9dc386a7b805676f28832632d4d49ce30d8bcb9559c58977f20"
      ),
      (.octahedron, 17, "59bfeede1f2511a952b8cfb3e25b74e8727d7bdd12ee67481becc3ee435423b4"),
      (.torus, 4_000_000_000, "3ed377ae7198685cfc850f37901b299023436e96d6a9c3252e51cd10d9a21a9b"),
    ])
  func pinned(solid: SolidClass, index: UInt32, hash: String) throws {
    let pixels = try SolidDataset.image(class: solid, index: index, seed: 1 << 40 | 7, size: 32)
    #expect(FileHash.sha256(pixels) == hash)
  }

  @Test("labels follow the alphabetical order of the names")
  func labels() {
    let names = SolidClass.allCases.map(\.rawValue)
    #expect(names == names.sorted())
    #expect(names.count == 10)
    #expect(SolidClass.allCases.map(\.label) == Array(0..<10))
  }

  @Test("seed, class and index each change the picture")
  func variety() throws {
    var seen = Set<[UInt8]>()
    for solid in SolidClass.allCases {
      for index: UInt32 in [0, 1] {
        for seed: UInt64 in [1, 2] {
          seen.insert(
            try SolidDataset.image(class: solid, index: index, seed: seed, size: 16))
        }
      }
    }
    #expect(seen.count == 40)
  }

  @Test("a picture shows the same at every size", arguments: SolidClass.allCases)
  func sizes(solid: SolidClass) throws {
    func image(_ size: Int) throws -> [UInt8] {
      try SolidDataset.image(class: solid, index: 3, seed: 5, size: size)
    }
    let small = try image(16)
    let large = try image(128)
    #expect(small.count == 16 * 16 * 3)
    #expect(large.count == 128 * 128 * 3)
    var difference = 0
    for row in 0..<16 {
      for column in 0..<16 {
        for channel in 0..<3 {
          var sum = 0
          for y in 0..<8 {
            for x in 0..<8 {
              sum += Int(large[((row * 8 + y) * 128 + column * 8 + x) * 3 + channel])
            }
          }
          difference += abs(sum / 64 - Int(small[(row * 16 + column) * 3 + channel]))
        }
      }
    }
    #expect(difference < 3 * small.count, "mean difference of 3 levels or more")
  }

  @Test("odd and extreme sizes", arguments: [8, 17, 256])
  func extremes(size: Int) throws {
    let pixels = try SolidDataset.image(class: .star, index: 0, seed: 0, size: size)
    #expect(pixels.count == size * size * 3)
    #expect(Set(pixels).count > 16)
  }

  @Test("sizes out of range", arguments: [-1, 0, 7, 1025, Int.max])
  func refused(size: Int) {
    #expect(throws: InputError.self) { try SolidRenderer(size: size) }
  }
}
