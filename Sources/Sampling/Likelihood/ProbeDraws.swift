import Randomness
import TensorGraph

/// The probes of Hutchinson's estimator, each a function of (seed, sample index, number) alone:
/// batches change nothing, and more probes leave the first ones as they were.
public struct ProbeDraws: Sendable {
  public let seed: UInt64

  public init(seed: UInt64) { self.seed = seed }

  /// Probes (n, K, …) of the samples `indices`, `shape` each.
  func vectors(_ trace: TraceEstimator, _ indices: [Int], shape: Shape) -> HostTensor {
    let length = shape.elementCount
    let count = trace.vectors(dimensions: length)
    let result = HostTensor(shape: Shape([indices.count, count] + shape.dimensions))
    for (row, index) in indices.enumerated() {
      var stream = RandomStream(seed: seed, purpose: .probe, index: UInt64(index))
      for number in 0..<count {
        let start = (row * count + number) * length
        let values = UnsafeMutableBufferPointer(
          rebasing: result.floats[start..<start + length])
        switch trace {
        case .hutchinson(.gaussian, _): stream.fillNormal(values)
        case .hutchinson(.rademacher, _):
          for i in values.indices { values[i] = stream.nextUInt32() >> 31 == 0 ? 1 : -1 }
        case .exact: values[number] = 1
        }
      }
    }
    return result
  }
}
