import CPUExecutor
import TensorGraph
import Testing

struct TileProductTests {
  @Test func productsAreThoseOfRows() throws {
    let threads = CPUExecutor.threads
    let (rows, columns, depth) = (33, 20, 70)
    let tile = try TileProduct(rows: rows, columns: columns, depth: depth)
    for turn in 1...2 {
      for i in tile.left.floats.indices { tile.left.floats[i] = Float(i * turn % 11) - 5 }
      for i in tile.right.floats.indices { tile.right.floats[i] = Float(i * turn % 7) - 3 }
      try tile.run()
      // Whole numbers: no rounding.
      let (a, b) = (tile.left.array(), tile.right.array())
      var expected = [Float](repeating: 0, count: rows * columns)
      for i in 0..<rows {
        for j in 0..<columns {
          for k in 0..<depth { expected[i * columns + j] += a[i * depth + k] * b[j * depth + k] }
        }
      }
      #expect(tile.result.array() == expected)
    }
    #expect(CPUExecutor.threads == threads)
  }
}
