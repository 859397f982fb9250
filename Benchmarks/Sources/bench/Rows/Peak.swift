import TensorGraph

/// The machine's own limit: products of large matrices in oneDNN, one after another.
enum Peak {
  static let side = 2048
  /// Products in a row, so that what begins and ends a run does not count.
  static let products = 4

  static func plan(_ precision: Precision) throws -> Plan {
    let graph = Graph()
    // A variable, and one number that comes back: no copies of matrices are timed.
    var x = try graph.variable("x", [side, side])
    let weight = try graph.variable("weight", [side, side])
    for _ in 0..<products { x = try x.linear(weight: weight, bias: nil) }
    graph.output("y", try x.slice(axis: 0, 0..<1).slice(axis: 1, 0..<1))
    return try Plan(
      graph, variables: ["x": .normals([side, side]), "weight": .normals([side, side])],
      inputs: [:], nodeLimit: 8, precision: precision)
  }
}
