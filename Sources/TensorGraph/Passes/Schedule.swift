/// The nodes that outputs and assignments need, in an order in which they can
/// run, and the last place where each value is used.
public struct Schedule {
  public let order: [Graph.NodeID]
  /// Position in `order` after which a value is no longer read; values that
  /// outlive the run (outputs, assigned values) have `order.count`.
  public let lastUse: [Graph.Value: Int]

  public init(_ graph: Graph) {
    var needed = [Bool](repeating: false, count: graph.nodes.count)
    var stack = graph.outputs.map(\.value.node)
    for assignment in graph.assignments {
      stack += [assignment.variable.node, assignment.value.node]
    }
    while let id = stack.popLast() {
      guard !needed[id.index] else { continue }
      needed[id.index] = true
      stack += graph[id].operands.map(\.node)
    }
    // Nodes are appended after their operands, so the order of writing is an order of running.
    let order = needed.indices.filter { needed[$0] }.map { Graph.NodeID(index: $0) }
    var lastUse: [Graph.Value: Int] = [:]
    for (position, id) in order.enumerated() {
      for operand in graph[id].operands { lastUse[operand] = position }
    }
    for (_, value) in graph.outputs { lastUse[value] = order.count }
    for assignment in graph.assignments { lastUse[assignment.value] = order.count }
    self.order = order
    self.lastUse = lastUse
  }
}
