import EngineTestSupport
import TensorGraph
import Testing

/// The helpers find what is wrong: a check that cannot fail checks nothing.
struct CheckOperationTests {
  @Test func acceptsWhatIsRight() throws {
    try checkOperation([[2, 3], [3]], yields: [2, 3]) { _, x in try x[0] * x[1] }
  }

  @Test func findsAWrongGradient() throws {
    try withKnownIssue {
      try checkOperation(
        [[2, 3]],
        gradients: { loss, targets in
          try loss.gradients(withRespectTo: targets).map { try $0 * 1.00001 }
        }
      ) { _, x in try x[0].exponential() }
    } matching: {
      "\($0)".contains("gradient of x0")
    }
  }

  @Test func findsAGradientOfTheWrongShape() {
    #expect(throws: ProgramError.self) {
      try checkOperation([[2, 3]], gradients: { loss, _ in [loss] }) { _, x in
        try x[0].exponential()
      }
    }
  }

  @Test func findsAGradientThatDependsOnTheOtherTargets() throws {
    let operation = OperationCase("product", [.normal([3]), .normal([3])]) { _, x in
      [try x[0] * x[1]]
    }
    let error = try checkGradients(operation) { loss, targets in
      let right = try loss.gradients(withRespectTo: targets)
      return targets.count == 1 ? [try right[0] * 2] : right
    }
    #expect(error.tensor.hasSuffix("alone"))
  }

  @Test func findsAWrongValue() throws {
    try withKnownIssue {
      try checkOperation([[2]], expecting: [0, 0]) { _, x in try x[0].exponential() }
    } matching: {
      "\($0)".contains("y0")
    }
  }

  @Test func findsAWrongShape() throws {
    try withKnownIssue {
      try checkOperation([[2, 3]], yields: [3, 2]) { _, x in try x[0].exponential() }
    } matching: {
      "\($0)".contains("[3, 2]")
    }
  }

  @Test func findsWhatIsNotFinite() throws {
    try withKnownIssue {
      let operation = OperationCase("log", [.values([-1], [1])], differentiable: false) { _, x in
        [try x[0].logarithm()]
      }
      try check(operation)
    } matching: {
      "\($0)".contains("nan")
    }
  }

  @Test func namesTheLargestErrorAndItsIndex() {
    var error = LargestError()
    error.merge("a", found: [1, 2, 3, 4], expected: [1, 2.5, 3, 8], shape: [2, 2], floor: 1)
    error.merge("b", found: [1], expected: [1.1], shape: [], floor: 1)
    #expect(error.error == 0.5)
    #expect(error.tensor == "a")
    #expect(error.index == [1, 1])
    error.merge("c", found: [.nan], expected: [1], shape: [1], floor: 1)
    #expect(error.error == .infinity)
    #expect(error.tensor == "c")
    var missing = LargestError()
    missing.merge("d", found: [], expected: [1], shape: [1], floor: 1)
    #expect(missing.error == .infinity)
  }

  /// An executor whose outputs are slightly off, or left over from an earlier run.
  @Test func comparisonFindsAWrongExecutor() throws {
    let operation = OperationCase("negate", [.normal([2, 3])]) { _, x in [try x[0](.negate)] }
    #expect(try compare(executor: Spoiled(by: 1, fromRun: 1), case: operation).error < 1e-6)
    for feeding in Feeding.allCases {
      let error = try compare(
        executor: Spoiled(by: 1.001, fromRun: 1), case: operation, feeding: feeding)
      #expect(error.error > 5e-4)
    }
    #expect(try compare(executor: Spoiled(by: 2, fromRun: 2), case: operation).error > 0.5)
  }
}
