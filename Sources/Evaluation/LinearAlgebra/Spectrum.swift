import COpenBLAS
import Diagnostics

/// Eigenvalues and singular values by LAPACK (Anderson et al., "LAPACK Users' Guide", 3rd
/// edition, 1999), in the calling thread.
enum Spectrum {
  /// Eigenvalues in ascending order of a symmetric matrix of which the upper triangle of
  /// (n, n), row-major, is read. The absolute error is a few ε of the largest.
  /// - Throws: `InputError` where LAPACK gives up, as it does on values that are not finite.
  static func eigenvalues(_ matrix: consuming [Double], order n: Int, of name: String) throws
    -> [Double]
  {
    var matrix = matrix
    return try dsyevd(&matrix, n, vectors: false, name)
  }

  /// The same, and the eigenvectors, one row each.
  static func eigenvectors(_ matrix: consuming [Double], order n: Int, of name: String) throws
    -> (values: [Double], rows: [Double])
  {
    var matrix = matrix
    let values = try dsyevd(&matrix, n, vectors: true, name)
    return (values, matrix)
  }

  /// Singular values in descending order of an (m, n) matrix, row-major. The absolute error
  /// is a few ε of the largest.
  static func singularValues(
    _ matrix: consuming [Double], rows m: Int, columns n: Int, of name: String
  ) throws -> [Double] {
    precondition(matrix.count == m * n, "sizes fit")
    guard m > 0, n > 0 else { return [] }
    try BLAS.check()
    var matrix = matrix
    var values = [Double](repeating: 0, count: min(m, n))
    var integers = [Int32](repeating: 0, count: 8 * min(m, n))
    var (work, size, info) = ([0.0], Int32(-1), Int32(0))
    Workers.alone {
      for _ in 0..<2 {
        // The first call asks how much room the second takes.
        // Row-major (m, n) is column-major (n, m): the transpose, with the same values.
        info = copenblas_dgesdd(
          Int32(n), Int32(m), &matrix, &values, &work, size, &integers)
        if size == -1, info == 0 {
          size = Int32(work[0])
          work = [Double](repeating: 0, count: Int(size))
        }
      }
    }
    try check(info, name)
    return values
  }

  private static func dsyevd(
    _ matrix: inout [Double], _ order: Int, vectors: Bool, _ name: String
  ) throws -> [Double] {
    precondition(matrix.count == order * order, "a square matrix")
    guard order > 0 else { return [] }
    try BLAS.check()
    var values = [Double](repeating: 0, count: order)
    var (work, size) = ([0.0], Int32(-1))
    var (integers, integerSize, info) = ([Int32(0)], Int32(-1), Int32(0))
    Workers.alone {
      for _ in 0..<2 {
        info = copenblas_dsyevd(
          vectors, Int32(order), &matrix, &values, &work, size, &integers, integerSize)
        if size == -1, info == 0 {
          (size, integerSize) = (Int32(work[0]), integers[0])
          work = [Double](repeating: 0, count: Int(size))
          integers = [Int32](repeating: 0, count: Int(integerSize))
        }
      }
    }
    try check(info, name)
    return values
  }

  private static func check(_ info: Int32, _ name: String) throws {
    guard info == 0 else {
      throw InputError(
        name, expected: "a matrix whose spectrum LAPACK finds", found: "its code \(info)",
        remedy: "look for features that are not finite, or enormous")
    }
  }
}
