import TensorGraph

/// Evaluates graphs by the definitions of their operations, in plain loops.
///
/// The measure for other executors: slow, obviously right, and in `Double`
/// exact enough for finite differences. Every graph is validated first.
public struct ReferenceExecutor<Scalar: BinaryFloatingPoint & Sendable>: Executor, Sendable {
  public init() {}

  /// The outputs by name, row-major; integers as scalars. Assignments are left out.
  /// - Parameter integers: the inputs whose elements are int32.
  /// - Throws: `GraphError`, or `ProgramError` where a source is missing or has another size.
  public func evaluate(
    _ graph: Graph, inputs: [String: [Scalar]] = [:], integers: [String: [Int32]] = [:],
    variables: [String: [Scalar]] = [:]
  ) throws -> [String: [Scalar]] {
    try GraphValidator.validate(graph)
    let values = try values(of: graph, Schedule(graph)) { operation, type in
      let value: Value? =
        switch operation {
        case .input(let name) where type.element == .int32: integers[name].map(Value.integers)
        case .input(let name): inputs[name].map(Value.scalars)
        case .variable(let name): variables[name].map(Value.scalars)
        default: nil
        }
      guard let value, value.count == type.shape.elementCount else {
        throw ProgramError("\(operation): expected \(type), found \(value?.count ?? 0) elements")
      }
      return value
    }
    return Dictionary(
      graph.outputs.map { name, value in
        (name, values[value.node.index][value.result].scalars)
      }, uniquingKeysWith: { $1 })
  }

  public func compile(_ graph: Graph, variables: [String: HostTensor], frozen: Bool) throws
    -> any Program
  {
    try GraphValidator.validate(graph)
    let schedule = Schedule(graph)
    for id in schedule.order {
      guard case .variable(let name) = graph[id].operation else { continue }
      let expected = graph[id].results[0]
      guard let found = variables[name], found.type == expected else {
        throw ProgramError.mismatch(
          "variable", name, expected: expected, found: variables[name]?.type)
      }
    }
    return ReferenceProgram(
      executor: self, graph: graph, schedule: schedule, variables: variables)
  }

  /// Every scheduled node's results, by the node's index.
  func values(
    of graph: Graph, _ schedule: Schedule,
    source: (Operation, TensorType) throws -> Value
  ) throws -> [[Value]] {
    var values = [[Value]](repeating: [], count: graph.nodes.count)
    for id in schedule.order {
      let node = graph[id]
      switch node.operation {
      case .input, .variable:
        values[id.index] = [try source(node.operation, node.results[0])]
      default:
        values[id.index] = try evaluate(
          node.operation, node.operands.map { values[$0.node.index][$0.result] },
          node.operands.map(graph.type), results: node.results)
      }
    }
    return values
  }
}

private final class ReferenceProgram<Scalar: BinaryFloatingPoint & Sendable>: Program {
  let executor: ReferenceExecutor<Scalar>
  let graph: Graph
  let schedule: Schedule
  let variables: [String: HostTensor]

  init(
    executor: ReferenceExecutor<Scalar>, graph: Graph, schedule: Schedule,
    variables: [String: HostTensor]
  ) {
    self.executor = executor
    self.graph = graph
    self.schedule = schedule
    self.variables = variables
  }

  func run(_ inputs: [String: HostTensor]) throws -> [String: HostTensor] {
    let values = try executor.values(of: graph, schedule) { operation, type in
      switch operation {
      case .input(let name):
        guard let tensor = inputs[name], tensor.type == type else {
          throw ProgramError.mismatch("input", name, expected: type, found: inputs[name]?.type)
        }
        return ReferenceValue(tensor)
      case .variable(let name):
        guard let tensor = variables[name] else {
          throw ProgramError.mismatch("variable", name, expected: type, found: nil)
        }
        return ReferenceValue(tensor)
      default:
        throw ProgramError("\(operation.name): is no source")
      }
    }
    // All values exist before the first variable is written.
    for assignment in graph.assignments {
      guard case .variable(let name) = graph[assignment.variable.node].operation else { continue }
      if let variable = variables[name] {
        values[assignment.value.node.index][assignment.value.result].write(to: variable)
      }
    }
    var outputs: [String: HostTensor] = [:]
    for (name, value) in graph.outputs {
      let tensor = HostTensor(graph.type(of: value))
      values[value.node.index][value.result].write(to: tensor)
      outputs[name] = tensor
    }
    return outputs
  }
}

extension ReferenceValue where Scalar: BinaryFloatingPoint {
  init(_ tensor: HostTensor) {
    self = withExtendedLifetime(tensor) {
      switch tensor.type.element {
      case .float32: .scalars(tensor.floats.map { Scalar($0) })
      case .int32: .integers(Array(tensor.integers))
      }
    }
  }

  func write(to tensor: HostTensor) {
    switch self {
    case .scalars(let elements):
      for (i, element) in elements.enumerated() { tensor.floats[i] = Float(element) }
    case .integers(let elements):
      for (i, element) in elements.enumerated() { tensor.integers[i] = element }
    }
  }

  var count: Int {
    switch self {
    case .scalars(let elements): elements.count
    case .integers(let elements): elements.count
    }
  }

  var scalars: [Scalar] {
    switch self {
    case .scalars(let elements): elements
    case .integers(let elements): elements.map { Scalar($0) }
    }
  }
}
