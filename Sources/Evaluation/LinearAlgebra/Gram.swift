import COpenBLAS

/// Sums of products of rows, in double precision and by tiles of fixed size.
enum Gram {
  private static let side = 256

  /// sum += blockᵀ·block, of which the upper triangle alone is kept up.
  ///
  /// - Parameters:
  ///   - block: (rows, d), row-major.
  ///   - sum: (d, d), row-major. By symmetry its upper triangle is LAPACK's lower one.
  static func add(_ block: [Double], rows: Int, columns d: Int, to sum: inout [Double]) {
    precondition(block.count >= rows * d && sum.count == d * d, "sizes fit")
    guard rows > 0, d > 0 else { return }
    let edges = Array(stride(from: 0, to: d, by: side))
    let tiles = edges.flatMap { i in edges.filter { $0 >= i }.map { (i, $0) } }
    block.withUnsafeBufferPointer { block in
      sum.withUnsafeMutableBufferPointer { sum in
        guard let block = block.baseAddress, let sum = sum.baseAddress else { return }
        nonisolated(unsafe) let (x, s) = (block, sum)
        Workers.forEach(tiles.count) { tile in
          let (i, j) = tiles[tile]
          copenblas_dgemm(
            true, false, Int32(min(side, d - i)), Int32(min(side, d - j)), Int32(rows), 1, x + i,
            Int32(d), x + j, Int32(d), 1, s + i * d + j, Int32(d))
        }
      }
    }
  }

  /// left·rightᵀ, (m, n), of row-major (m, depth) and (n, depth).
  static func product(_ left: [Double], rows m: Int, _ right: [Double], rows n: Int, depth: Int)
    -> [Double]
  {
    precondition(left.count >= m * depth && right.count >= n * depth, "sizes fit")
    var result = [Double](repeating: 0, count: m * n)
    guard m > 0, n > 0, depth > 0 else { return result }
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        result.withUnsafeMutableBufferPointer { result in
          guard let left = left.baseAddress, let right = right.baseAddress,
            let result = result.baseAddress
          else { return }
          nonisolated(unsafe) let (a, b, c) = (left, right, result)
          Workers.forEach((m + side - 1) / side) { tile in
            let i = tile * side
            copenblas_dgemm(
              false, true, Int32(min(side, m - i)), Int32(n), Int32(depth), 1, a + i * depth,
              Int32(depth), b, Int32(depth), 0, c + i * n, Int32(n))
          }
        }
      }
    }
    return result
  }

  /// Copies the upper triangle of a (d, d) matrix into the lower one.
  static func mirror(_ matrix: inout [Double], order d: Int) {
    precondition(matrix.count == d * d, "a square matrix")
    let side = 64
    matrix.withUnsafeMutableBufferPointer { matrix in
      // By tiles: a column of a large matrix touches a page for each element.
      for top in stride(from: 0, to: d, by: side) {
        for left in stride(from: top, to: d, by: side) {
          for i in top..<min(top + side, d) {
            for j in max(left, i + 1)..<max(min(left + side, d), i + 1) {
              matrix[j * d + i] = matrix[i * d + j]
            }
          }
        }
      }
    }
  }
}
