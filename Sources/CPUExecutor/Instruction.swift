import TensorGraph

/// What one kernel, or one short run of kernels, has to compute.
struct Instruction {
  enum Work {
    case operation(Operation)
    /// A linear layer and the activation that follows it.
    case linear(activation: UnaryFunction)
    case convolution(ConvolutionGeometry, activation: UnaryFunction)
    /// dy · f(x): operands x, dy.
    case unaryMultiply(UnaryFunction)
  }

  /// What a contraction's library applies to its results before they are stored.
  static let activations: Set<UnaryFunction> = [.gelu, .silu, .relu]

  let work: Work
  let operands: [Graph.Value]
  let results: [Graph.Value]

  /// The scheduled nodes as instructions: sources and views need none, and
  /// neighbours that one kernel serves are joined.
  static func list(_ graph: Graph, _ schedule: Schedule) -> [Instruction] {
    var readers: [Graph.Value: Int] = [:]
    for id in schedule.order {
      for operand in graph[id].operands { readers[operand, default: 0] += 1 }
    }
    /// The node that computes `value`, if no one else will read it.
    func soleProducer(_ value: Graph.Value) -> Graph.Node? {
      readers[value] == 1 && schedule.lastUse[value] != schedule.order.count
        ? graph[value.node] : nil
    }

    var instructions: [Instruction] = []
    var joined: Set<Graph.NodeID> = []
    for id in schedule.order.reversed() where !joined.contains(id) {
      let node = graph[id]
      let results = node.results.indices.map { Graph.Value(node: id, result: $0) }
      switch node.operation {
      case .input, .variable, .constant:
        continue
      case .unary(let function) where activations.contains(function):
        if let producer = soleProducer(node.operands[0]),
          let work = Work(producer.operation, activation: function)
        {
          joined.insert(node.operands[0].node)
          instructions.append(
            Instruction(work: work, operands: producer.operands, results: results))
          continue
        }
      case .binary(.multiply):
        let match = [0, 1].lazy.compactMap { side -> Instruction? in
          guard let producer = soleProducer(node.operands[side]),
            case .unary(let function) = producer.operation,
            function == .geluDerivative || function == .siluDerivative,
            graph.type(of: node.operands[0]) == graph.type(of: node.operands[1])
          else { return nil }
          joined.insert(node.operands[side].node)
          return Instruction(
            work: .unaryMultiply(function),
            operands: [producer.operands[0], node.operands[1 - side]], results: results)
        }.first
        if let match {
          instructions.append(match)
          continue
        }
      default:
        if View(node, graph) != nil { continue }
      }
      instructions.append(
        Instruction(work: .operation(node.operation), operands: node.operands, results: results))
    }
    return instructions.reversed()
  }
}

extension Instruction.Work {
  /// A contraction together with the activation that follows it.
  fileprivate init?(_ operation: Operation, activation: UnaryFunction) {
    switch operation {
    case .linear: self = .linear(activation: activation)
    case .convolution(let geometry): self = .convolution(geometry, activation: activation)
    default: return nil
    }
  }
}

/// A value that is part of another's memory: reshapes, and slices whose elements lie together.
struct View {
  let source: Graph.Value
  /// In elements.
  let offset: Int

  init?(_ node: Graph.Node, _ graph: Graph) {
    switch node.operation {
    case .reshape:
      offset = 0
    case .slice(let axis, let start, _):
      let shape = graph.type(of: node.operands[0]).shape
      guard shape.dimensions[..<axis].allSatisfy({ $0 == 1 }) else { return nil }
      offset = start * shape.strides[axis]
    default:
      return nil
    }
    source = node.operands[0]
  }
}
