import TensorGraph

/// What one kernel, or one short run of kernels, has to compute.
struct Instruction {
  enum Work {
    case operation(Operation)
    /// A linear layer and the activation that follows it.
    case linear(activation: UnaryFunction)
    case convolution(ConvolutionWork)
    /// dy · f(x): operands x, dy.
    case unaryMultiply(UnaryFunction)
  }

  /// What a contraction's library applies to its results before they are stored.
  static let activations: Set<UnaryFunction> = [.gelu, .silu, .relu]

  let work: Work
  let operands: [Graph.Value]
  let results: [Graph.Value]

  /// The scheduled nodes one by one: sources and views need no instruction.
  static func single(_ graph: Graph, _ schedule: Schedule) -> [Instruction] {
    schedule.order.compactMap { id in
      let node = graph[id]
      let results = node.results.indices.map { Graph.Value(node: id, result: $0) }
      switch node.operation {
      case .input, .variable, .constant: return nil
      case .convolution(let geometry):
        return Instruction(
          work: .convolution(
            ConvolutionWork(
              geometry: geometry, hasBias: node.operands.count == 3, activation: nil, adds: false)),
          operands: node.operands, results: results)
      default:
        guard View(node, graph) == nil else { return nil }
        return Instruction(
          work: .operation(node.operation), operands: node.operands, results: results)
      }
    }
  }

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
    /// A convolution with what is repeated before it and what follows it.
    func convolution(
      _ geometry: ConvolutionGeometry, _ node: Graph.Node, _ results: [Graph.Value],
      activation: UnaryFunction? = nil, addend: Graph.Value? = nil
    ) -> Instruction {
      var operands = node.operands
      var work = ConvolutionWork(
        geometry: geometry, hasBias: operands.count == 3, activation: activation,
        adds: addend != nil)
      if let producer = soleProducer(operands[0]),
        case .upsampleNearest(let factor) = producer.operation
      {
        joined.insert(operands[0].node)
        operands[0] = producer.operands[0]
        work.upsampling = factor
      }
      return Instruction(
        work: .convolution(work), operands: operands + (addend.map { [$0] } ?? []),
        results: results)
    }
    for id in schedule.order.reversed() where !joined.contains(id) {
      let node = graph[id]
      let results = node.results.indices.map { Graph.Value(node: id, result: $0) }
      switch node.operation {
      case .input, .variable, .constant:
        continue
      case .unary(let function) where activations.contains(function):
        if let producer = soleProducer(node.operands[0]) {
          if case .linear = producer.operation {
            joined.insert(node.operands[0].node)
            instructions.append(
              Instruction(
                work: .linear(activation: function), operands: producer.operands,
                results: results))
            continue
          }
          if case .convolution(let geometry) = producer.operation {
            joined.insert(node.operands[0].node)
            instructions.append(
              convolution(geometry, producer, results, activation: function))
            continue
          }
        }
      case .convolution(let geometry):
        instructions.append(convolution(geometry, node, results))
        continue
      case .binary(.add) where graph.type(of: node.operands[0]) == graph.type(of: node.operands[1]):
        // The right one first: a residual block's last convolution, rather than its shortcut.
        let match = [1, 0].lazy.compactMap { side -> Instruction? in
          guard let producer = soleProducer(node.operands[side]),
            case .convolution(let geometry) = producer.operation
          else { return nil }
          joined.insert(node.operands[side].node)
          return convolution(geometry, producer, results, addend: node.operands[1 - side])
        }.first
        if let match {
          instructions.append(match)
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

/// A convolution, what comes before it and what follows it. Operands: x, weight, the bias and
/// the addend where there are such.
struct ConvolutionWork {
  let geometry: ConvolutionGeometry
  /// Pixels of x are first repeated so many times along both axes.
  var upsampling = 1
  let hasBias: Bool
  let activation: UnaryFunction?
  /// The last operand, of the result's shape, is added; there is no activation then.
  let adds: Bool

  var bias: Int? { hasBias ? 2 : nil }
  var addend: Int? { adds ? (hasBias ? 3 : 2) : nil }
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
