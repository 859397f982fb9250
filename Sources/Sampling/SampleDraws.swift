import Randomness
import TensorGraph

/// The random draws of samples, each a function of (seed, sample index) alone:
/// sample 17 is the same whatever the batch, the plan or the part that is asked for.
public struct SampleDraws: Sendable {
  public let seed: UInt64
  public let policy: LabelPolicy
  /// Number of classes, at least 1; labels lie in `0..<classes`.
  public let classes: Int

  public init(seed: UInt64, labels: LabelPolicy, classes: Int) {
    self.seed = seed
    self.policy = labels
    self.classes = classes
  }

  /// Standard normal latents (n, …) of n samples, `shape` each.
  public func noise(_ indices: Range<Int>, shape: Shape) -> HostTensor {
    let result = HostTensor(shape: Shape([indices.count] + shape.dimensions))
    let length = shape.elementCount
    for (row, index) in indices.enumerated() {
      var stream = RandomStream(seed: seed, purpose: .noise, index: UInt64(index))
      stream.fillNormal(
        UnsafeMutableBufferPointer(rebasing: result.floats[row * length..<(row + 1) * length]))
    }
    return result
  }

  /// The draws of a stochastic sampler for these samples, from its first step on.
  public func diffusion(_ indices: Range<Int>) -> DiffusionNoise {
    DiffusionNoise(seed: seed, indices: indices)
  }

  /// The draws of one sample for each of `count`.
  public func diffusion(repeating index: Int, count: Int) -> DiffusionNoise {
    DiffusionNoise(seed: seed, indices: Array(repeating: index, count: count))
  }

  public func labels(_ indices: Range<Int>) -> [Int32] { indices.map(label) }

  private func label(_ index: Int) -> Int32 {
    switch policy {
    case .random:
      var stream = RandomStream(seed: seed, purpose: .label, index: UInt64(index))
      return Int32(stream.integer(below: UInt32(classes)))
    case .balanced: return Int32(index % classes)
    case .classes(let list): return list.isEmpty ? 0 : Int32(clamping: list[index % list.count])
    }
  }
}

/// What a stochastic sampler adds to a batch, each sample's from a stream of its own.
public struct DiffusionNoise: Sendable {
  private var streams: [RandomStream]

  fileprivate init(seed: UInt64, indices: some Sequence<Int>) {
    streams = indices.map { RandomStream(seed: seed, purpose: .diffusion, index: UInt64($0)) }
  }

  var count: Int { streams.count }

  /// Standard normal numbers (R, …) of the next step, the same for every branch of a sample.
  mutating func next(_ shape: Shape) -> HostTensor {
    let result = HostTensor(shape: shape)
    let length = shape.elementCount / shape[0]
    for row in streams.indices {
      streams[row].fillNormal(
        UnsafeMutableBufferPointer(
          rebasing: result.floats[row * length..<(row + 1) * length]))
    }
    let samples = streams.count * length
    for start in stride(from: samples, to: shape.elementCount, by: max(samples, 1)) {
      _ = result.floats[start...].update(fromContentsOf: result.floats[..<samples])
    }
    return result
  }
}
