import TensorGraph
import Testing

struct GraphTests {
  @Test func equalNodesAreAddedOnce() throws {
    let graph = Graph()
    let (a, b) = (try graph.input("a", [2]), try graph.input("b", [2]))
    let (first, second) = (try a + b, try a + b)
    #expect(first.value == second.value)
    #expect(try (b + a).value != first.value)
    #expect(graph.constant(1).value == graph.constant(1).value)
    #expect(graph.constant(1).value != graph.constant(2).value)
    #expect(graph.constant([1], shape: [1]).value != graph.constant(1).value)
    #expect(try graph.input("a", [2]).value == a.value)
    #expect(try a.slice(axis: 0, 0..<1).value != a.slice(axis: 0, 1..<2).value)
  }

  @Test func movementsThatChangeNothingAddNothing() throws {
    let graph = Graph()
    let x = try graph.input("x", [2, 3])
    let count = graph.nodes.count
    for same in [
      try x.reshaped([2, 3]), try x.transposed([0, 1]), try x.broadcast(to: [2, 3]),
      try x.slice(axis: 1, 0..<3), try x.sum([]),
    ] { #expect(same.value == x.value) }
    #expect(graph.nodes.count == count)
  }

  @Test func namespacesNestAndEnd() throws {
    let graph = Graph()
    func variables() -> [String] {
      graph.nodes.compactMap {
        if case .variable(let name) = $0.operation { name } else { nil }
      }
    }
    let outside = try graph.variable("weight", [1])
    let inside = try graph.namespace("teacher") { try graph.variable("weight", [1]) }
    #expect(outside.value != inside.value)
    try graph.namespace("teacher") {
      #expect(try graph.variable("weight", [1]).value == inside.value)
      _ = try graph.namespace("ema") { try graph.variable("weight", [1]) }
    }
    #expect(throws: ShapeError.self) {
      try graph.namespace("teacher") { _ = try graph.variable("weight", [2]) }
    }
    #expect(try graph.variable("weight", [1]).value == outside.value)
    #expect(variables() == ["weight", "teacher/weight", "teacher/ema/weight"])
  }

  @Test func aNameHasOneType() throws {
    let graph = Graph()
    _ = try graph.variable("weight", [2, 3])
    let error = #expect(throws: ShapeError.self) { try graph.variable("weight", [3, 2]) }
    #expect(
      error?.description
        == "variable(\"weight\")(float32[2, 3], float32[3, 2]): is used with two types")
    _ = try graph.input("rows", [2], .int32)
    #expect(throws: ShapeError.self) { try graph.input("rows", [2]) }
    // Inputs and variables are named apart.
    #expect(try graph.input("weight", [7]).shape == [7])
  }

  @Test func assignmentsNeedAVariableAndItsType() throws {
    let graph = Graph()
    let (x, w) = (try graph.input("x", [2]), try graph.variable("w", [2]))
    try graph.assign(w, x)
    #expect(throws: ShapeError.self) { try graph.assign(x, w) }
    #expect(throws: ShapeError.self) { try graph.assign(w, x.sum()) }
    #expect(throws: ShapeError.self) { try graph.assign(w, Graph().input("x", [2])) }
    #expect(graph.assignments.count == 1)
  }

  @Test func tensorsStayInTheirGraph() throws {
    let (a, b) = (try Graph().input("a", [2]), try Graph().input("b", [2]))
    let error = #expect(throws: ShapeError.self) { try a + b }
    #expect(error?.description.contains("own graph") == true)
  }

  @Test func noTensorIsEmptyOrTooLarge() throws {
    let graph = Graph()
    #expect(throws: ShapeError.self) { try graph.input("empty", [2, 0]) }
    #expect(throws: ShapeError.self) { try graph.input("negative", [-1]) }
    #expect(throws: ShapeError.self) { try graph.variable("huge", [1 << 40, 1 << 40]) }
    #expect(throws: ShapeError.self) { try graph.variable("large", [Int.max / 2]) }
    let (a, b) = (try graph.input("a", [1 << 40, 1]), try graph.input("b", [1 << 40]))
    #expect(throws: ShapeError.self) { try a + b }
  }
}
