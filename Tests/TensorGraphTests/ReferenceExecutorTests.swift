import ReferenceExecutor
import TensorGraph
import Testing

/// Programs of the reference: storage, assignments, errors.
struct ReferenceExecutorTests {
  private let executor = ReferenceExecutor<Float>()

  @Test func assignmentsTakeEffectAfterTheRun() throws {
    let graph = Graph()
    let (a, b) = (try graph.variable("a", [2]), try graph.variable("b", [2]))
    try graph.assign(a, b)
    try graph.assign(b, a)
    graph.output("sum", try a + b * 10)
    let variables = [
      "a": HostTensor([1, 2] as [Float], shape: [2]),
      "b": HostTensor([3, 4] as [Float], shape: [2]),
    ]
    let program = try executor.compile(graph, variables: variables, frozen: false)
    #expect(try program.run([:])["sum"]?.array() == [31, 42])
    #expect(variables["a"]?.array() == [3, 4])
    #expect(variables["b"]?.array() == [1, 2])
    #expect(try program.run([:])["sum"]?.array() == [13, 24])
    #expect(variables["a"]?.array() == [1, 2])
  }

  @Test func integersPassThrough() throws {
    let graph = Graph()
    let rows = try graph.input("rows", [3], .int32)
    graph.output("reversed", try rows.slice(axis: 0, 1..<3))
    let program = try executor.compile(graph, variables: [:], frozen: false)
    let outputs = try program.run(["rows": HostTensor([7, 8, 9] as [Int32], shape: [3])])
    #expect(outputs["reversed"].map { Array($0.integers) } == [8, 9])
  }

  @Test func missingAndMisshapenTensorsAreNamed() throws {
    let graph = Graph()
    let (x, w) = (try graph.input("x", [2]), try graph.variable("w", [2]))
    graph.output("y", try x * w)
    let missing = #expect(throws: ProgramError.self) {
      try executor.compile(graph, variables: [:], frozen: false)
    }
    #expect(missing?.description == "variable w: expected float32[2], found nothing")
    let misshapen = #expect(throws: ProgramError.self) {
      try executor.compile(graph, variables: ["w": HostTensor(shape: [3])], frozen: false)
    }
    #expect(misshapen?.description == "variable w: expected float32[2], found float32[3]")
    let program = try executor.compile(
      graph, variables: ["w": HostTensor(shape: [2])], frozen: false)
    #expect(throws: ProgramError.self) { try program.run([:]) }
    #expect(throws: ProgramError.self) {
      try program.run(["x": HostTensor([1, 2] as [Int32], shape: [2])])
    }
    #expect(throws: ProgramError.self) {
      try ReferenceExecutor<Double>().evaluate(graph, inputs: ["x": [1]], variables: ["w": [1, 2]])
    }
  }

  @Test(arguments: [Int32(-1), 3, .max, .min])
  func rowNumbersOutsideTheTableAreRefused(_ row: Int32) throws {
    let graph = Graph()
    let (table, rows) = (try graph.input("table", [3, 1]), try graph.input("rows", [1], .int32))
    let gathered = try table.gather(rows)
    graph.output("y", gathered)
    let error = #expect(throws: ProgramError.self) {
      try ReferenceExecutor<Double>().evaluate(
        graph, inputs: ["table": [1, 2, 3]], integers: ["rows": [row]])
    }
    #expect(error?.description == "gather: row number \(row) is not in 0..<3")
  }

  @Test func unscheduledSourcesNeedNoValue() throws {
    let graph = Graph()
    _ = try graph.variable("unused", [2])
    let x = try graph.input("x", [1])
    graph.output("x", x)
    let program = try executor.compile(graph, variables: [:], frozen: true)
    #expect(try program.run(["x": HostTensor([4] as [Float], shape: [1])])["x"]?.array() == [4])
  }

  @Test func graphsAreValidated() throws {
    let graph = Graph()
    let x = try graph.input("x", [1])
    graph.output("y", x)
    graph.output("y", x)
    #expect(throws: GraphError.self) {
      try executor.compile(graph, variables: [:], frozen: false)
    }
    #expect(throws: GraphError.self) {
      try ReferenceExecutor<Double>().evaluate(graph, inputs: ["x": [1]])
    }
  }

  /// StableHLO: what is not a number wins.
  @Test(arguments: [BinaryFunction.maximum, .minimum])
  func notANumberSurvives(_ function: BinaryFunction) throws {
    let graph = Graph()
    let (a, b) = (try graph.input("a", [2]), try graph.input("b", [2]))
    graph.output("y", try graph.add(.binary(function), [a, b])[0])
    let outputs = try ReferenceExecutor<Double>().evaluate(
      graph, inputs: ["a": [.nan, 1], "b": [1, .nan]])
    #expect(outputs["y"]?.allSatisfy { $0.isNaN } == true)
  }
}
