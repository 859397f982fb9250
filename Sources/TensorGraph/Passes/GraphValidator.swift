/// Checks what every graph must satisfy. The functions that build graphs keep
/// these rules; a pass that rewrites one could break them, so tests check every graph.
public enum GraphValidator {
  /// - Throws: `GraphError` naming the first node, output or assignment at fault.
  public static func validate(_ graph: Graph) throws {
    try validate(nodes: graph.nodes, outputs: graph.outputs, assignments: graph.assignments)
  }

  static func validate(
    nodes: [Graph.Node], outputs: [(name: String, value: Graph.Value)],
    assignments: [Graph.Assignment]
  ) throws {
    for (index, node) in nodes.enumerated() {
      do {
        try validate(node, at: index, in: nodes)
      } catch {
        throw GraphError("node \(index), \(node.operation.name): \(error)")
      }
    }

    func exists(_ value: Graph.Value) -> Bool {
      nodes.indices.contains(value.node.index)
        && nodes[value.node.index].results.indices.contains(value.result)
    }
    var names: Set<String> = []
    for (name, value) in outputs {
      guard exists(value) else { throw GraphError("output \(name): is no value of the graph") }
      guard names.insert(name).inserted else { throw GraphError("output \(name): is given twice") }
    }
    var assigned: Set<Graph.Value> = []
    for assignment in assignments {
      guard exists(assignment.variable), exists(assignment.value) else {
        throw GraphError("assignment: variable or value is none of the graph")
      }
      let variable = nodes[assignment.variable.node.index]
      guard case .variable(let name) = variable.operation else {
        throw GraphError("assignment: \(variable.operation.name) is no variable")
      }
      let type = nodes[assignment.value.node.index].results[assignment.value.result]
      guard variable.results == [type] else {
        throw GraphError("variable \(name): expected \(variable.results), assigned \(type)")
      }
      guard assigned.insert(assignment.variable).inserted else {
        throw GraphError("variable \(name): is assigned twice")
      }
    }
  }

  private static func validate(_ node: Graph.Node, at index: Int, in nodes: [Graph.Node]) throws {
    var operands: [TensorType] = []
    for operand in node.operands {
      guard (0..<index).contains(operand.node.index),
        nodes[operand.node.index].results.indices.contains(operand.result)
      else {
        throw GraphError("operand \(operand.node.index).\(operand.result) does not precede it")
      }
      operands.append(nodes[operand.node.index].results[operand.result])
    }
    guard node.results.allSatisfy(\.isUsable) else {
      throw GraphError("\(node.results) is empty or too large")
    }
    switch node.operation {
    case .input, .variable:
      guard operands.isEmpty, node.results.count == 1 else {
        throw GraphError("a source has no operands and one result")
      }
    case .constant(let constant):
      guard operands.isEmpty, node.results == [TensorType(constant.shape)] else {
        throw GraphError("expected \(TensorType(constant.shape)), found \(node.results)")
      }
      guard [1, constant.shape.elementCount].contains(constant.values.count) else {
        throw GraphError("\(constant.values.count) values do not fill \(constant.shape)")
      }
    default:
      let expected = try node.operation.resultTypes(operands)
      guard node.results == expected else {
        throw GraphError("expected \(expected), found \(node.results)")
      }
    }
  }
}

/// A graph breaks a rule that all graphs keep.
public struct GraphError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
