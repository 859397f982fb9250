import CPUExecutor
import Diagnostics
import EngineTestSupport
import ReferenceExecutor
import TensorGraph
import Testing

/// Programs that multiply in bfloat16, against the reference in double precision.
@Suite(.enabled(if: BFloat16Support.ofThisProcessor != .none))
struct BFloat16Tests {
  /// Operands keep 8 bits, so that each is off by 2⁻⁹ at most and by 2⁻¹⁰·⁸ in the mean; a
  /// gradient goes through several roundings, and an error of method is larger by far.
  private static func tolerance(_ operation: OperationCase) -> Double {
    // Where a rounding turns the sign of what relu is given, the whole gradient is wrong.
    operation.name.contains("relu") ? 0x1p-4 : 0x1p-6
  }

  @Test(arguments: Feeding.allCases)
  func operationsEqualTheReference(_ feeding: Feeding) {
    expectAgreement(operationCases, feeding)
  }

  @Test(arguments: Feeding.allCases)
  func largeOperationsEqualTheReference(_ feeding: Feeding) {
    expectAgreement(largeOperationCases, feeding)
  }

  private func expectAgreement(
    _ cases: [OperationCase], _ feeding: Feeding, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for operation in cases {
      do {
        let error = try compare(
          executor: CPUExecutor(precision: .bfloat16), case: operation, feeding: feeding,
          measure: .rootMeanSquare)
        #expect(
          error.error < Self.tolerance(operation), "\(operation): \(error)",
          sourceLocation: sourceLocation)
      } catch {
        Issue.record("\(operation): \(error)", sourceLocation: sourceLocation)
      }
    }
  }

  /// What no contraction reads is what a program in float32 computes, to the bit.
  @Test func whatIsNotMultipliedStaysFloat32() throws {
    let shape: Shape = [2, 5, 24]
    func outputs(_ precision: Precision) throws -> [[Float]] {
      let graph = Graph()
      let x = try graph.input("x", shape)
      let row = try x.slice(axis: 1, 0..<1).reshaped([2, 24])
      let normed = try x.layerNormModulated(shift: row, scale: row, epsilon: 1e-6)
      let grouped = try normed.groupNorm(
        weight: row.slice(axis: 0, 0..<1).reshaped([24]),
        bias: row.slice(axis: 0, 1..<2).reshaped([24]),
        GroupNormSettings(groups: 4, epsilon: 1e-6, silu: true))
      graph.output("a", try grouped.gatedResidual(gate: row, branch: normed.gelu()))
      graph.output("b", try (normed * grouped.exponential()).sum([1]))
      let program = try CPUExecutor(precision: precision).compile(
        graph, variables: [:], frozen: false)
      let x0 = HostTensor((0..<240).map { Float($0 * 37 % 101) / 50 - 1 }, shape: shape)
      return try program.run(["x": x0]).sorted { $0.key < $1.key }.map { $0.value.array() }
    }
    #expect(try outputs(.bfloat16) == outputs(.float32))
  }

  /// What reaches a contraction is rounded once: products of numbers that bfloat16 holds are exact.
  @Test func productsOfShortNumbersAreExact() throws {
    let graph = Graph()
    let x = try graph.input("x", [3, 8])
    let w = try graph.variable("w", [5, 8])
    graph.output("y", try (x * 2).linear(weight: w, bias: nil))
    let weights = HostTensor((0..<40).map { Float($0 % 17 - 8) }, shape: [5, 8])
    let numbers = HostTensor((0..<24).map { Float($0 % 13) / 4 }, shape: [3, 8])
    let results = try [Precision.float32, .bfloat16].map { precision in
      let program = try CPUExecutor(precision: precision).compile(
        graph, variables: ["w": weights], frozen: true)
      return try program.run(["x": numbers])["y"]?.array()
    }
    #expect(results[0] == results[1])
  }

  /// Neither rounding nor a library's kernel hides what is not finite: it reaches all that it
  /// is multiplied into, by zeros too, and nothing else.
  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteStays(_ value: Float) throws {
    let graph = Graph()
    let x = try graph.input("x", [2, 4])
    let w = try graph.variable("w", [4, 4])
    graph.output("y", try x.linear(weight: w, bias: nil).linear(weight: w, bias: nil))
    let identity = HostTensor((0..<16).map { Float($0 % 5 == 0 ? 1 : 0) }, shape: [4, 4])
    let program = try CPUExecutor(precision: .bfloat16).compile(
      graph, variables: ["w": identity], frozen: true)
    let numbers = (0..<8).map { $0 == 5 ? value : 1 }
    let found = try program.run(["x": HostTensor(numbers, shape: [2, 4])])["y"]?.array() ?? []
    #expect(found.count == 8)
    #expect(found.prefix(4).allSatisfy { $0 == 1 })
    #expect(found.suffix(4).allSatisfy { !$0.isFinite })
  }

  /// What lies between two linear layers takes two bytes for each element.
  @Test func takesLessMemory() throws {
    let graph = Graph()
    let x = try graph.input("x", [64, 16])
    let wide = try x.linear(weight: graph.variable("a", [1024, 16]), bias: nil).gelu()
    graph.output("y", try wide.linear(weight: graph.variable("b", [16, 1024]), bias: nil))
    let bytes = try [Precision.float32, .bfloat16].map {
      try CPUExecutor.workingMemory(of: graph, frozen: true, precision: $0)
    }
    #expect(bytes[1] < bytes[0] - 2 * 64 * 1024 + 8192)
    #expect(bytes[1] > 2 * 64 * 1024)
  }
}

struct PrecisionChoiceTests {
  @Test(arguments: [
    (PrecisionChoice.float32, BFloat16Support.none, Precision.float32),
    (.float32, .native, .float32), (.auto, .none, .float32), (.auto, .emulated, .float32),
    (.auto, .native, .bfloat16), (.bfloat16, .emulated, .bfloat16),
    (.bfloat16, .native, .bfloat16),
  ])
  func resolves(_ choice: PrecisionChoice, _ support: BFloat16Support, _ expected: Precision) throws
  {
    #expect(try choice.resolved(support: support) == expected)
  }

  @Test func refusesWhatTheProcessorLacks() {
    let error = #expect(throws: InputError.self) {
      try PrecisionChoice.bfloat16.resolved(support: .none)
    }
    #expect(error?.description.contains("AVX-512") == true)
  }
}
