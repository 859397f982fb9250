// n samples of a batch.
import TensorGraph

/// A loss of every sample of a batch, as a function on symbolic tensors.
///
/// Losses know neither data nor optimiser: ``TrainingStep`` differentiates them
/// with respect to the model's variables and no others.
public protocol TrainingLoss: Sendable {
  /// What a batch source must fill.
  var inputs: [BatchInput] { get }

  /// Adds the loss of `batch` to its graph.
  ///
  /// - Parameters:
  ///   - batch: a tensor (n, …) for each of `inputs`, by name.
  ///   - weights: the weights that the trained model reads.
  func callAsFunction(_ batch: [String: Tensor], weights: WeightSet) throws -> SampleLosses
}

/// One tensor of a batch.
public struct BatchInput: Hashable, Sendable {
  public let name: String
  /// Without the leading axis, which counts samples.
  public let sampleShape: Shape
  public let element: ElementType

  public init(_ name: String, _ sampleShape: Shape = .scalar, _ element: ElementType = .float32) {
    self.name = name
    self.sampleShape = sampleShape
    self.element = element
  }

  /// The type for `count` samples.
  public func type(_ count: Int) -> TensorType {
    TensorType(Shape([count] + sampleShape.dimensions), element)
  }
}

/// The two sets of weights that a run keeps.
public enum WeightSet: String, Sendable, CaseIterable {
  /// What the optimiser updates.
  case model
  /// Their exponential moving average.
  case ema

  /// Runs `body` so that the variables it adds to `graph` are those of this set.
  public func scope<R>(_ graph: Graph, _ body: () throws -> R) rethrows -> R {
    switch self {
    case .model: try body()
    case .ema: try graph.namespace(rawValue, body)
    }
  }
}

/// What a loss yields, each tensor with one value for each sample, (n).
public struct SampleLosses {
  /// What training minimises the mean of.
  public var total: Tensor
  /// What is worth a look beside it, by name.
  public var parts: [(name: String, values: Tensor)]

  public init(total: Tensor, parts: [(name: String, values: Tensor)] = []) {
    self.total = total
    self.parts = parts
  }
}

extension Tensor {
  /// One value for each sample (n), in the shape that broadcasts against (n, …) of `rank` axes.
  func perSample(rank: Int) throws -> Tensor {
    try reshaped(Shape([shape.elementCount] + [Int](repeating: 1, count: rank - 1)))
  }

  /// (n, …) → (n), the mean square over everything but samples.
  func meanSquarePerSample() throws -> Tensor { try (self * self).mean(Array(1..<shape.rank)) }
}
