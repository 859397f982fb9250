extension Tensor {
  /// Gradients of this scalar with respect to `targets`, as further nodes of its graph.
  ///
  /// Reverse-mode differentiation as a graph transformation: walks the nodes
  /// backwards and adds, for each, the nodes that its gradient rule gives.
  /// - Throws: `GradientError` for an operation without a rule; `ShapeError`
  ///   where this tensor is no scalar.
  public func gradients(withRespectTo targets: [Tensor]) throws -> [Tensor] {
    guard shape == .scalar else {
      throw ShapeError(
        operation: "gradients", operands: [type], reason: "only a scalar has a gradient here")
    }
    guard targets.allSatisfy({ $0.graph === graph }) else {
      throw ShapeError(
        operation: "gradients", operands: targets.map(\.type),
        reason: "targets are of another graph")
    }
    // Only what lies between the targets and this scalar takes part.
    var depends = [Bool](repeating: false, count: graph.nodes.count)
    for target in targets { depends[target.value.node.index] = true }
    for index in graph.nodes.indices where !depends[index] {
      depends[index] = graph.nodes[index].operands.contains { depends[$0.node.index] }
    }

    var adjoints: [Graph.Value: Tensor] = [value: graph.constant(1)]
    for index in stride(from: value.node.index, through: 0, by: -1) where depends[index] {
      let id = Graph.NodeID(index: index)
      let node = graph[id]
      // A target may be the result of an operation: nothing behind it is asked for.
      let wanted = node.operands.map { depends[$0.node.index] }
      guard wanted.contains(true) else { continue }
      let incoming = node.results.indices.map { adjoints[Graph.Value(node: id, result: $0)] }
      guard incoming.contains(where: { $0 != nil }) else { continue }
      guard incoming.count == 1, let adjoint = incoming[0] else {
        throw GradientError(operation: node.operation.name)
      }
      let operands = node.operands.map(graph.tensor)
      let result = graph.tensor(Graph.Value(node: id, result: 0))
      let contributions = try node.operation.gradients(
        operands: operands, wanted: wanted, result: result, adjoint: adjoint)
      for (operand, contribution) in zip(operands, contributions) {
        guard let contribution, depends[operand.value.node.index] else { continue }
        // An operand that was broadcast gets the sum over the axes it was repeated along.
        let reduced = try contribution.reduced(to: operand.shape)
        adjoints[operand.value] = try adjoints[operand.value].map { try $0 + reduced } ?? reduced
      }
    }
    return try targets.map { target in
      try adjoints[target.value] ?? graph.constant(0).broadcast(to: target.shape)
    }
  }

  /// Sums over the axes along which `shape` broadcasts to this tensor's shape.
  private func reduced(to shape: Shape) throws -> Tensor {
    guard shape != self.shape else { return self }
    let leading = self.shape.rank - shape.rank
    let axes = self.shape.dimensions.indices.filter { axis in
      axis < leading || (shape[axis - leading] == 1 && self.shape[axis] != 1)
    }
    return try sum(axes).reshaped(shape)
  }
}

/// An operation cannot be differentiated.
public struct GradientError: Error, Sendable, CustomStringConvertible {
  public let operation: String
  public var description: String { "\(operation): has no gradient rule" }
}
