import Foundation
import Randomness
import TensorGraph

/// How a weight begins, as the reference implementations begin theirs.
public enum Initialisation: Hashable, Sendable {
  case zeros, ones
  case normal(standardDeviation: Float)
  /// Uniform within ±√(6/(fan in + fan out)): Glorot and Bengio 2010, equation 16.
  case xavierUniform
  /// Uniform within ±1/√(fan in): what PyTorch gives convolutions and linear
  /// layers, weights and biases alike.
  case fanInUniform(Int)
  /// The two-dimensional sine-cosine table of a `grid` × `grid` image of patches.
  case sineCosinePositions(grid: Int)
}

extension Parameter {
  /// The weight at the start of a run. Its draws depend on `seed` and the path
  /// alone, not on what else the model holds.
  public func initialised(seed: UInt64) -> HostTensor {
    let tensor = HostTensor(shape: shape)
    let values = tensor.floats
    var stream = RandomStream(seed: seed, purpose: .initialisation, index: FNV1a.hash(path))
    func fillUniform(bound: Double) {
      let bound = Float(bound)
      for i in values.indices { values[i] = stream.uniform(in: -bound..<bound) }
    }
    switch initialisation {
    case .zeros: break
    case .ones: values.update(repeating: 1)
    case .normal(let standardDeviation):
      for i in values.indices { values[i] = standardDeviation * stream.normal() }
    case .xavierUniform:
      let fanIn = shape.dimensions.dropFirst().reduce(1, *)
      fillUniform(bound: (6 / Double(fanIn + shape[0])).squareRoot())
    case .fanInUniform(let fanIn):
      fillUniform(bound: 1 / Double(fanIn).squareRoot())
    case .sineCosinePositions(let grid):
      _ = values.update(fromContentsOf: sineCosinePositions(grid: grid, width: shape.rowLength))
    }
    return tensor
  }
}

extension [Parameter] {
  /// Every weight at the start of a run, by path.
  public func initialised(seed: UInt64) -> [String: HostTensor] {
    Dictionary(
      map { ($0.path, $0.initialised(seed: seed)) }, uniquingKeysWith: { first, _ in first })
  }
}

/// Row-major (T, D) table for T = grid² patches of width D, a multiple of 4: the
/// first half of a row holds sines, then cosines, of the patch's column, the
/// second half those of its row. Computed in double precision and rounded once.
///
/// Source: Vaswani et al. 2017, section 3.5, in the two-dimensional form of MAE and DiT.
func sineCosinePositions(grid: Int, width: Int) -> [Float] {
  let quarter = width / 4
  let frequencies = (0..<quarter).map { 1 / pow(10_000, Double($0) / Double(quarter)) }
  var table: [Float] = []
  table.reserveCapacity(grid * grid * width)
  for row in 0..<grid {
    for column in 0..<grid {
      for position in [column, row] {
        let angles = frequencies.map { Double(position) * $0 }
        table += angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
      }
    }
  }
  return table
}
