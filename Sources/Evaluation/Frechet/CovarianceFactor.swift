import COpenBLAS
import Diagnostics

/// S = Gᵀ·G of a covariance S, with as many rows as S has rank.
///
/// By Cholesky's factorisation with complete pivoting (Higham, "Analysis of the Cholesky
/// decomposition of a semi-definite matrix", 1990), which takes a tenth of the time of all
/// eigenvectors and stops at the numerical rank, where the largest diagonal element left is
/// below d·ε of the first. What is then left over must be rounding; where it is more (a
/// covariance that was stored in single precision), eigenvalues decide: negative ones are
/// rounding down to ``negativeTolerance`` of the largest, and an error beyond.
struct CovarianceFactor: Sendable {
  /// How far below 0 an eigenvalue may be, relative to the largest: rounding of single
  /// precision, which is how some programs store statistics.
  static let negativeTolerance = 1e-6

  /// d.
  let order: Int
  let rank: Int
  /// G with its columns in the order of `permutation`, (rank, d), row-major.
  let rows: [Double]
  /// Column j of `rows` belongs to dimension `permutation[j]`.
  let permutation: [Int]
  /// Whether `rows` is 0 left of its diagonal.
  let isTrapezoidal: Bool

  /// - Parameter covariance: (d, d), symmetric, finite.
  /// - Throws: `InputError` for a matrix with negative eigenvalues.
  init(_ covariance: [Double], order d: Int, of name: String) throws {
    precondition(covariance.count == d * d && d > 0, "a square matrix")
    try BLAS.check()
    order = d
    var factor = covariance
    let largest = (0..<d).reduce(0) { max($0, covariance[$1 * d + $1]) }
    let tolerance = Double(d) * .ulpOfOne * largest
    var found: Int32 = 0
    var pivots = [Int32](repeating: 0, count: d)
    var work = [Double](repeating: 0, count: 2 * d)
    Workers.alone {
      // Its code says whether the rank is full, as `found` does.
      _ = copenblas_dpstrf(Int32(d), &factor, &pivots, &found, tolerance, &work)
    }
    let rank = Int(found)
    factor.removeLast((d - rank) * d)
    for i in 0..<rank {
      for j in 0..<i { factor[i * d + j] = 0 }
    }
    let permutation = pivots.map { Int($0) - 1 }
    if rank == d
      || Self.remainder(covariance, factor, permutation, rank: rank) <= 16 * tolerance
    {
      (self.rank, rows) = (rank, factor)
      (self.permutation, isTrapezoidal) = (permutation, true)
    } else {
      let spectral = try Self.spectral(covariance, d, name)
      (self.rank, rows) = (spectral.rank, spectral.rows)
      (self.permutation, isTrapezoidal) = (Array(0..<d), false)
    }
  }

  /// Of the covariance Gᵀ·G of centred and scaled rows G, (rank, d).
  init(rows: [Double], rank: Int, order: Int) {
    precondition(rows.count == rank * order, "sizes fit")
    (self.rows, self.rank, self.order) = (rows, rank, order)
    (permutation, isTrapezoidal) = (Array(0..<order), false)
  }

  /// The largest |S − Gᵀ·G|.
  private static func remainder(
    _ covariance: [Double], _ rows: [Double], _ permutation: [Int], rank: Int
  ) -> Double {
    let d = permutation.count
    var product = [Double](repeating: 0, count: d * d)
    Gram.add(rows, rows: rank, columns: d, to: &product)
    var largest = 0.0
    for i in 0..<d {
      let row = permutation[i] * d
      for j in i..<d {
        largest = max(largest, abs(covariance[row + permutation[j]] - product[i * d + j]))
      }
    }
    return largest
  }

  private static func spectral(_ covariance: [Double], _ d: Int, _ name: String) throws
    -> (rank: Int, rows: [Double])
  {
    let (values, vectors) = try Spectrum.eigenvectors(covariance, order: d, of: name)
    let (lowest, largest) = (values[0], values[d - 1])
    guard lowest >= -negativeTolerance * max(largest, 0) else {
      throw InputError(
        "covariance of \(name)", expected: "no negative eigenvalues",
        found: "\(lowest), the largest being \(largest)",
        remedy: "compute the statistics again")
    }
    // About as large as the negative ones, positive ones are rounding as well.
    let least = max(Double(d) * .ulpOfOne * largest, -2 * lowest)
    let kept = values.indices.filter { values[$0] > least }
    var rows: [Double] = []
    rows.reserveCapacity(kept.count * d)
    for index in kept {
      let scale = values[index].squareRoot()
      rows.append(contentsOf: vectors[index * d..<(index + 1) * d].lazy.map { $0 * scale })
    }
    return (kept.count, rows)
  }
}

extension CovarianceFactor {
  /// G·S·Gᵀ, (rank, rank), of which the upper triangle alone is set: it has the eigenvalues
  /// of Gᵀ·G·S that are not 0.
  func congruence(_ covariance: [Double]) -> [Double] {
    let (d, r, side) = (order, rank, 128)
    precondition(covariance.count == d * d, "a covariance of as many dimensions")
    guard r > 0 else { return [] }
    var permuted = [Double](repeating: 0, count: d * d)
    var result = [Double](repeating: 0, count: r * r)
    let blocks = (r + side - 1) / side
    permuted.withUnsafeMutableBufferPointer { permuted in
      covariance.withUnsafeBufferPointer { covariance in
        for i in 0..<d {
          let row = permutation[i] * d
          for j in 0..<d { permuted[i * d + j] = covariance[row + permutation[j]] }
        }
      }
      rows.withUnsafeBufferPointer { rows in
        result.withUnsafeMutableBufferPointer { result in
          guard let rows = rows.baseAddress, let permuted = permuted.baseAddress,
            let result = result.baseAddress
          else { return }
          nonisolated(unsafe) let (g, s, c) = (rows, permuted, result)
          // Each block of rows of the result, largest first: T = G[i..., ]·S, then T·Gᵀ.
          Workers.forEach(blocks) { block in
            let i = block * side
            let height = min(side, r - i)
            let skipped = isTrapezoidal ? i : 0
            var half = [Double](repeating: 0, count: height * d)
            half.withUnsafeMutableBufferPointer { half in
              guard let t = half.baseAddress else { return }
              copenblas_dgemm(
                false, false, Int32(height), Int32(d), Int32(d - skipped), 1,
                g + i * d + skipped, Int32(d), s + skipped * d, Int32(d), 0, t, Int32(d))
              for j in stride(from: i, to: r, by: side) {
                let first = isTrapezoidal ? j : 0
                copenblas_dgemm(
                  false, true, Int32(height), Int32(min(side, r - j)), Int32(d - first), 1,
                  t + first, Int32(d), g + j * d + first, Int32(d), 0, c + i * r + j, Int32(r))
              }
            }
          }
        }
      }
    }
    return result
  }

  /// G·G'ᵀ, (rank, other's rank): its singular values are the square roots of the eigenvalues
  /// of S·S' that are not 0.
  func cross(_ other: CovarianceFactor) -> [Double] {
    let d = order
    // The other's columns in the order of this one's.
    var place = [Int](repeating: 0, count: d)
    for (j, dimension) in other.permutation.enumerated() { place[dimension] = j }
    var aligned = [Double](repeating: 0, count: other.rank * d)
    for i in 0..<other.rank {
      for j in 0..<d { aligned[i * d + j] = other.rows[i * d + place[permutation[j]]] }
    }
    return Gram.product(rows, rows: rank, aligned, rows: other.rank, depth: d)
  }
}
