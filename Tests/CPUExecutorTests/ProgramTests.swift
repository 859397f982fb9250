import CPUExecutor
import TensorGraph
import Testing

/// Errors and storage of compiled programs.
struct ProgramTests {
  @Test func missingAndMisshapenTensorsAreNamed() throws {
    let graph = Graph()
    let (x, w) = (try graph.input("x", [2]), try graph.variable("w", [2]))
    graph.output("y", try x * w)
    let missing = #expect(throws: ProgramError.self) {
      try CPUExecutor().compile(graph, variables: [:], frozen: false)
    }
    #expect(missing?.description == "variable w: expected float32[2], found nothing")
    let misshapen = #expect(throws: ProgramError.self) {
      try CPUExecutor().compile(graph, variables: ["w": HostTensor(shape: [3])], frozen: false)
    }
    #expect(misshapen?.description == "variable w: expected float32[2], found float32[3]")
    let program = try CPUExecutor().compile(
      graph, variables: ["w": HostTensor(shape: [2])], frozen: false)
    let unfed = #expect(throws: ProgramError.self) { try program.run([:]) }
    #expect(unfed?.description == "input x: expected float32[2], found nothing")
    #expect(throws: ProgramError.self) {
      try program.run(["x": HostTensor([1, 2] as [Int32], shape: [2])])
    }
  }

  @Test(arguments: [Int32(-1), 3, .max, .min])
  func rowNumbersOutsideTheTableAreRefused(_ row: Int32) throws {
    let graph = Graph()
    let (table, rows) = (try graph.input("table", [3, 1]), try graph.input("rows", [2], .int32))
    graph.output("gathered", try table.gather(rows))
    graph.output(
      "scattered",
      try graph.add(.scatterAdd(rows: 3), [rows, graph.input("updates", [2, 1])])[0])
    let program = try CPUExecutor().compile(graph, variables: [:], frozen: false)
    var inputs = [
      "table": HostTensor(shape: [3, 1]), "updates": HostTensor(shape: [2, 1]),
      "rows": HostTensor([0, row], shape: [2]),
    ]
    let error = #expect(throws: ProgramError.self) { try program.run(inputs) }
    #expect(error?.description.contains("\(row)") == true)
    // The program is none the worse for it.
    inputs["rows"] = HostTensor([0, 2] as [Int32], shape: [2])
    #expect(try program.run(inputs)["gathered"]?.array() == [0, 0])
  }

  @Test func integersPassThrough() throws {
    let graph = Graph()
    let rows = try graph.input("rows", [2, 2], .int32)
    graph.output("turned", try rows.transposed([1, 0]).concatenated(with: rows, axis: 0))
    let program = try CPUExecutor().compile(graph, variables: [:], frozen: false)
    let outputs = try program.run(["rows": HostTensor([7, 8, 9, 10] as [Int32], shape: [2, 2])])
    #expect(outputs["turned"].map { Array($0.integers) } == [7, 9, 8, 10, 7, 8, 9, 10])
  }

  /// Outputs belong to the caller: a later run does not change them.
  @Test func outputsStay() throws {
    let graph = Graph()
    graph.output("y", try graph.input("x", [1])(.negate))
    let program = try CPUExecutor().compile(graph, variables: [:], frozen: false)
    let first = try program.run(["x": HostTensor([1] as [Float], shape: [1])])
    let second = try program.run(["x": HostTensor([2] as [Float], shape: [1])])
    #expect(first["y"]?.array() == [-1])
    #expect(second["y"]?.array() == [-2])
  }

  /// A change of a variable from outside shows, unless weights were frozen.
  @Test func variablesAreShared() throws {
    let graph = Graph()
    graph.output("y", try graph.input("x", [1]) * graph.variable("w", [1]))
    let w = HostTensor([2] as [Float], shape: [1])
    let program = try CPUExecutor().compile(graph, variables: ["w": w], frozen: false)
    let x = HostTensor([3] as [Float], shape: [1])
    #expect(try program.run(["x": x])["y"]?.array() == [6])
    w.copyContents(of: HostTensor([5] as [Float], shape: [1]))
    #expect(try program.run(["x": x])["y"]?.array() == [15])
  }

  /// StableHLO: what is not a number wins, so that a bad value is seen and not clamped away.
  @Test(arguments: [BinaryFunction.maximum, .minimum])
  func notANumberSurvives(_ function: BinaryFunction) throws {
    let graph = Graph()
    let (a, b) = (try graph.input("a", [40]), try graph.input("b", [40]))
    graph.output("y", try graph.add(.binary(function), [a, b])[0])
    let program = try CPUExecutor().compile(graph, variables: [:], frozen: false)
    let inputs = [
      "a": HostTensor((0..<40).map { $0 % 2 == 0 ? .nan : 1 }, shape: [40]),
      "b": HostTensor((0..<40).map { $0 % 2 == 1 ? .nan : 1 }, shape: [40]),
    ]
    let y = try program.run(inputs)["y"]?.array() ?? []
    #expect(y.count == 40)
    #expect(y.allSatisfy { $0.isNaN })
  }

  /// Wherever it stands in the window, and through relu.
  @Test(arguments: 0..<4)
  func notANumberSurvivesPooling(_ position: Int) throws {
    let graph = Graph()
    let x = try graph.input("x", [1, 2, 2, 1])
    graph.output("y", try x.maxPooled(PoolingGeometry(window: 2, stride: 1)).relu())
    graph.output(
      "dx",
      try x.maxPooled(PoolingGeometry(window: 2, stride: 1)).sum()
        .gradients(withRespectTo: [x])[0])
    let program = try CPUExecutor().compile(graph, variables: [:], frozen: false)
    var values: [Float] = [3, -1, 2, 3]
    values[position] = .nan
    let outputs = try program.run(["x": HostTensor(values, shape: [1, 2, 2, 1])])
    #expect(outputs["y"]?.array().first?.isNaN == true)
    #expect(outputs["dx"]?.array() == (0..<4).map { $0 == position ? 1 : 0 })
  }

  /// The processor's kernels decide ties as the reference does.
  @Test func pooledTies() throws {
    let graph = Graph()
    let x = try graph.input("x", [1, 2, 3, 1])
    let y = try x.maxPooled(PoolingGeometry(window: 2, stride: 1))
    graph.output("dx", try y.sum().gradients(withRespectTo: [x])[0])
    let program = try CPUExecutor().compile(graph, variables: [:], frozen: false)
    let outputs = try program.run([
      "x": HostTensor([0, 3, 1, 3, 3, 3] as [Float], shape: [1, 2, 3, 1])
    ])
    #expect(outputs["dx"]?.array() == [0, 2, 0, 0, 0, 0])
  }
}
