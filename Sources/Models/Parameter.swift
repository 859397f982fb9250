import TensorGraph

/// One weight of a model, under the key that the official checkpoints use.
public struct Parameter: Hashable, Sendable {
  /// The checkpoint key, such as `blocks.0.attn.qkv.weight`.
  public let path: String
  public let shape: Shape
  public let initialisation: Initialisation
  /// Whether an optimiser may change it.
  public let isTrainable: Bool
  /// Whether a checkpoint may lack it: nothing is computed of it.
  public let isOptional: Bool

  public init(
    _ path: String, _ shape: Shape, _ initialisation: Initialisation, isTrainable: Bool = true,
    isOptional: Bool = false
  ) {
    self.path = path
    self.shape = shape
    self.initialisation = initialisation
    self.isTrainable = isTrainable
    self.isOptional = isOptional
  }

  /// The variable of this name in `graph`.
  func callAsFunction(in graph: Graph) throws -> Tensor { try graph.variable(path, shape) }
}

/// A part of a model: a value that knows its parameters. Called on symbolic
/// tensors it adds nodes to their graph.
public protocol Layer: Sendable {
  var parameters: [Parameter] { get }
}
