import CPUExecutor
import EngineTestSupport
import ReferenceExecutor
import TensorGraph
import Testing

/// Every operation and every gradient on the processor, against the reference in
/// double precision; inputs fed, kept as variables, and frozen (packed once).
struct OperationTests {
  /// Rounding of single precision; an error of method is many times larger.
  private static let tolerance = 2e-5

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
        let error = try compare(executor: CPUExecutor(), case: operation, feeding: feeding)
        #expect(
          error.error < Self.tolerance, "\(operation): \(error)", sourceLocation: sourceLocation)
      } catch {
        Issue.record("\(operation): \(error)", sourceLocation: sourceLocation)
      }
    }
  }
}
