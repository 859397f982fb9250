import Models
import TensorGraph

/// Losses on held-out samples, by bins of t where the data are a flow's.
public struct HeldOutResult: Sendable, Equatable {
  /// Means over some samples.
  public struct Means: Sendable, Equatable {
    public let loss: Double
    public let parts: [String: Double]
  }

  public struct Bin: Sendable, Equatable {
    /// Number of samples.
    public let count: Int
    /// With the weights as trained.
    public let model: Means
    /// With their moving average.
    public let ema: Means

    public subscript(weights: WeightSet) -> Means { weights == .model ? model : ema }
  }

  /// Equal parts of t in [0, 1], in order; one for losses without a t.
  public let bins: [Bin]
  /// All samples together.
  public let overall: Bin

  /// Bins in which the loss is not below `baseline`, one of the loss's parts
  /// (``VelocityOffsetLoss/zeroRefiner``).
  public func lostBins(_ weights: WeightSet, against baseline: String) -> [Int] {
    bins.indices.filter { index in
      guard bins[index].count > 0, let other = bins[index][weights].parts[baseline] else {
        return false
      }
      return !(bins[index][weights].loss < other)
    }
  }
}

/// Measures both sets of weights on the same held-out batches, in one program.
final class HeldOutEvaluation {
  private let source: any HeldOutSource
  private let batch: Batch
  private let program: any Program
  private let partNames: [String]

  init(
    loss: any TrainingLoss, source: any HeldOutSource, batch count: Int, executor: any Executor,
    variables: [String: HostTensor]
  ) throws {
    let graph = Graph()
    var inputs: [String: Tensor] = [:]
    for input in loss.inputs {
      let type = input.type(count)
      inputs[input.name] = try graph.input(input.name, type.shape, type.element)
    }
    var names: [String] = []
    for weights in WeightSet.allCases {
      let losses = try loss(inputs, weights: weights)
      names = losses.parts.map(\.name)
      graph.output("\(weights.rawValue)/loss", losses.total)
      for part in losses.parts {
        graph.output("\(weights.rawValue)/part/\(part.name)", part.values)
      }
    }
    partNames = names
    batch = Batch(loss.inputs, count: count)
    self.source = source
    program = try executor.compile(graph, variables: variables, frozen: false)
  }

  func run() throws -> HeldOutResult {
    var sums = [Sums](repeating: Sums(), count: source.binCount)
    for first in stride(from: 0, to: source.count, by: batch.count) {
      // The last batch is filled up with the last sample, which is not counted again.
      let bins = try (0..<batch.count).map { row in
        try source.fill(batch, row: row, index: min(first + row, source.count - 1))
      }
      let outputs = try program.run(batch.tensors)
      for row in 0..<min(batch.count, source.count - first) {
        sums[bins[row]].add(outputs, row: row)
      }
    }
    var all = Sums()
    for sum in sums { all.add(sum) }
    return HeldOutResult(bins: sums.map { $0.bin(partNames) }, overall: all.bin(partNames))
  }

  private struct Sums {
    var count = 0
    var totals: [String: Double] = [:]

    mutating func add(_ outputs: [String: HostTensor], row: Int) {
      count += 1
      for (name, values) in outputs { totals[name, default: 0] += Double(values.floats[row]) }
    }

    mutating func add(_ other: Sums) {
      count += other.count
      totals.merge(other.totals, uniquingKeysWith: +)
    }

    func bin(_ parts: [String]) -> HeldOutResult.Bin {
      func mean(_ name: String) -> Double { totals[name, default: 0] / Double(max(1, count)) }
      func means(_ weights: WeightSet) -> HeldOutResult.Means {
        HeldOutResult.Means(
          loss: mean("\(weights.rawValue)/loss"),
          parts: Dictionary(
            parts.map { ($0, mean("\(weights.rawValue)/part/\($0)")) },
            uniquingKeysWith: { first, _ in first }))
      }
      return HeldOutResult.Bin(count: count, model: means(.model), ema: means(.ema))
    }
  }
}
