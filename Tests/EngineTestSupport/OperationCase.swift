import Randomness
import TensorGraph

/// One use of an operation: inputs with fixed values, and what is made of them.
public struct OperationCase: Sendable, CustomStringConvertible {
  public let name: String
  public let inputs: [OperationInput]
  /// False for what is itself a gradient or an update.
  public let isDifferentiable: Bool
  private let body: @Sendable (Graph, [Tensor]) throws -> [Tensor]

  public var description: String { name }

  /// - Parameters:
  ///   - draws: a shape and a distribution for every input.
  ///   - body: the results, given the graph and the inputs' tensors.
  public init(
    _ name: String, _ draws: [Draw], differentiable: Bool = true, seed: UInt64 = 1,
    _ body: @escaping @Sendable (Graph, [Tensor]) throws -> [Tensor]
  ) {
    self.name = name
    self.inputs = draws.enumerated().map { index, draw in
      OperationInput(draw, name: "x\(index)", seed: seed, index: UInt64(index))
    }
    self.isDifferentiable = differentiable
    self.body = body
  }

  /// The case in `graph`: its results as outputs `y0`, `y1`, …
  /// - Parameter asVariables: float inputs become variables of the same names.
  public func build(_ graph: Graph, asVariables: Bool = false) throws -> BuiltCase {
    let tensors = try inputs.map { input in
      asVariables && input.type.element == .float32
        ? try graph.variable(input.name, input.type.shape)
        : try graph.input(input.name, input.type.shape, input.type.element)
    }
    let results = try body(graph, tensors)
    for (index, result) in results.enumerated() { graph.output("y\(index)", result) }
    return BuiltCase(inputs: tensors, results: results)
  }
}

/// The tensors of a case within a graph.
public struct BuiltCase {
  public let inputs: [Tensor]
  public let results: [Tensor]

  public var floatInputs: [Tensor] { inputs.filter { $0.type.element == .float32 } }

  /// A scalar whose gradient reaches every element of every result: their sum,
  /// weighted by fixed normal numbers.
  public func loss() throws -> Tensor {
    let graph = results[0].graph
    let terms = try results.enumerated().map { index, result in
      let weights = OperationInput(.normal(result.shape), name: "", seed: 99, index: UInt64(index))
      return try (result * graph.constant(weights.floats, shape: result.shape)).sum()
    }
    return try terms.dropFirst().reduce(terms[0]) { try $0 + $1 }
  }
}

/// Where the elements of an input come from.
public enum Draw: Sendable {
  /// Standard normal.
  case normal(Shape)
  /// Uniform in 0.5 ..< 2.
  case positive(Shape)
  /// Row numbers, uniform in 0 ..< below.
  case rows(Shape, below: Int)
  case values([Float], Shape)
}

/// A named input with its elements.
public struct OperationInput: Sendable {
  public let name: String
  public let type: TensorType
  /// Its elements if it is float32, else empty.
  public private(set) var floats: [Float] = []
  /// Its elements if it is int32, else empty.
  public private(set) var integers: [Int32] = []

  init(_ draw: Draw, name: String, seed: UInt64, index: UInt64) {
    self.name = name
    var stream = RandomStream(seed: seed, purpose: .noise, index: index)
    switch draw {
    case .normal(let shape):
      type = TensorType(shape)
      floats = (0..<shape.elementCount).map { _ in stream.normal() }
    case .positive(let shape):
      type = TensorType(shape)
      floats = (0..<shape.elementCount).map { _ in stream.uniform(in: 0.5..<2) }
    case .rows(let shape, let below):
      type = TensorType(shape, .int32)
      integers = (0..<shape.elementCount).map { _ in
        Int32(stream.integer(below: UInt32(below)))
      }
    case .values(let values, let shape):
      type = TensorType(shape)
      floats = values
    }
  }

  public var tensor: HostTensor {
    type.element == .float32
      ? HostTensor(floats, shape: type.shape) : HostTensor(integers, shape: type.shape)
  }
}

extension [OperationInput] {
  /// Float inputs by name, in double precision.
  public var doubles: [String: [Double]] {
    Dictionary(
      uniqueKeysWithValues: filter { $0.type.element == .float32 }
        .map { ($0.name, $0.floats.map { Double($0) }) })
  }

  /// Integer inputs by name.
  public var integers: [String: [Int32]] {
    Dictionary(
      uniqueKeysWithValues: filter { $0.type.element == .int32 }.map { ($0.name, $0.integers) })
  }
}
