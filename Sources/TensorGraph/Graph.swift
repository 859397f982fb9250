/// A program before it is compiled: nodes in the order in which they may run.
///
/// Equal nodes are added once (common subexpressions disappear as they are
/// written); what no output or assignment needs is left out by `compile`.
/// A graph is used by one thread, while its functions are traced.
public final class Graph {
  public struct NodeID: Hashable, Sendable {
    public let index: Int
  }

  public struct Node {
    public let operation: Operation
    public let operands: [Value]
    public let results: [TensorType]
  }

  /// One result of one node.
  public struct Value: Hashable, Sendable {
    public let node: NodeID
    public let result: Int

    public init(node: NodeID, result: Int) {
      self.node = node
      self.result = result
    }
  }

  /// `variable` holds `value` once a run is over.
  public struct Assignment {
    public let variable: Value
    public let value: Value
  }

  public private(set) var nodes: [Node] = []
  public private(set) var outputs: [(name: String, value: Value)] = []
  public private(set) var assignments: [Assignment] = []

  private struct Key: Hashable {
    let operation: Operation
    let operands: [Value]
  }
  private var known: [Key: NodeID] = [:]
  private var namespaces: [String] = []

  public init() {}

  // MARK: Sources

  /// A tensor that every run is given under `name`.
  public func input(_ name: String, _ shape: Shape, _ element: ElementType = .float32) throws
    -> Tensor
  {
    try source(.input(name), TensorType(shape, element))
  }

  /// A tensor that lives between runs. Inside `namespace("teacher") { … }` the
  /// variable `a.weight` is called `teacher/a.weight`.
  public func variable(_ name: String, _ shape: Shape) throws -> Tensor {
    try source(.variable((namespaces + [name]).joined(separator: "/")), TensorType(shape))
  }

  public func constant(_ value: Float) -> Tensor { constant([value], shape: .scalar) }

  public func constant(_ values: [Float], shape: Shape) -> Tensor {
    let operation = Operation.constant(ConstantValue(values, shape: shape))
    return tensors(append(operation, [], [TensorType(shape)]))[0]
  }

  /// Puts the variables that `body` adds under a name of their own, so that two
  /// networks with equal parameter paths fit into one graph.
  public func namespace<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    namespaces.append(name)
    defer { namespaces.removeLast() }
    return try body()
  }

  // MARK: Nodes

  /// Adds an operation, or finds the equal one that is there.
  /// - Throws: `ShapeError` where the operands do not fit.
  public func add(_ operation: Operation, _ operands: [Tensor]) throws -> [Tensor] {
    guard operands.allSatisfy({ $0.graph === self }) else {
      throw ShapeError(
        operation: operation.name, operands: operands.map(\.type),
        reason: "takes tensors of its own graph only")
    }
    let key = Key(operation: operation, operands: operands.map(\.value))
    if let id = known[key] { return tensors(id) }
    let results = try operation.resultTypes(operands.map(\.type))
    guard results.allSatisfy(\.isUsable) else {
      throw ShapeError(
        operation: operation.name, operands: operands.map(\.type),
        reason: "gives \(results), which is empty or too large")
    }
    return tensors(append(operation, key.operands, results))
  }

  // MARK: What a run yields

  /// Every run returns `tensor` under `name`.
  public func output(_ name: String, _ tensor: Tensor) {
    precondition(tensor.graph === self, "an output is a tensor of its own graph")
    outputs.append((name, tensor.value))
  }

  /// After every run `variable` holds `value`.
  public func assign(_ variable: Tensor, _ value: Tensor) throws {
    guard variable.graph === self, value.graph === self,
      case .variable = self[variable.value.node].operation, variable.type == value.type
    else {
      throw ShapeError(
        operation: "assign", operands: [variable.type, value.type],
        reason: "takes a variable of this graph and a value of its type")
    }
    assignments.append(Assignment(variable: variable.value, value: value.value))
  }

  public subscript(id: NodeID) -> Node { nodes[id.index] }

  public func type(of value: Value) -> TensorType { self[value.node].results[value.result] }

  func tensor(_ value: Value) -> Tensor { Tensor(graph: self, value: value) }

  private func source(_ operation: Operation, _ type: TensorType) throws -> Tensor {
    if let id = known[Key(operation: operation, operands: [])] {
      guard self[id].results == [type] else {
        throw ShapeError(
          operation: "\(operation)", operands: self[id].results + [type],
          reason: "is used with two types")
      }
      return tensors(id)[0]
    }
    guard type.isUsable else {
      throw ShapeError(operation: "\(operation)", operands: [type], reason: "is empty or too large")
    }
    return tensors(append(operation, [], [type]))[0]
  }

  private func append(_ operation: Operation, _ operands: [Value], _ results: [TensorType])
    -> NodeID
  {
    let key = Key(operation: operation, operands: operands)
    if let id = known[key] { return id }
    let id = NodeID(index: nodes.count)
    nodes.append(Node(operation: operation, operands: operands, results: results))
    known[key] = id
    return id
  }

  private func tensors(_ id: NodeID) -> [Tensor] {
    self[id].results.indices.map { tensor(Value(node: id, result: $0)) }
  }
}
