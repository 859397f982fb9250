import Foundation
import Sampling
import TensorGraph
import Testing

@Suite struct ConvergenceTests {
  /// Order from the slope of log error on log step size, over 4 to 16 steps.
  private func order(_ variant: RefinerVariant = .block, _ plan: (Int) -> String) throws -> Double {
    let points = try [4, 6, 8, 12, 16].map { steps in
      (x: log(1 / Double(steps)), y: log(try ToyFlow.error(plan(steps), variant: variant)))
    }
    let (mx, my) = (points.map(\.x).reduce(0, +) / 5, points.map(\.y).reduce(0, +) / 5)
    let covariance = points.reduce(0) { $0 + ($1.x - mx) * ($1.y - my) }
    return covariance / points.reduce(0) { $0 + ($1.x - mx) * ($1.x - mx) }
  }

  @Test func eulerIsOfFirstOrder() throws {
    #expect(abs(try order { "euler:\($0)" } - 1) < 0.2)
  }

  @Test func heunIsOfSecondOrder() throws {
    #expect(abs(try order { "heun:\($0)" } - 2) < 0.2)
    #expect(abs(try order { "H\($0)" } - 2) < 0.2)
  }

  @Test func pseudoCorrectorIsOfSecondOrder() throws {
    #expect(abs(try order { "H1P\($0 - 1)" } - 2) < 0.2)
  }

  /// With an exact refiner, one call per step is Euler's method.
  @Test func eulerRefinerIsOfFirstOrder() throws {
    #expect(abs(try order(.euler) { "R\($0)" } - 1) < 0.2)
  }

  /// With an exact refiner the integrator's block is Heun's method.
  @Test func integratorRefinerIsOfSecondOrder() throws {
    #expect(abs(try order(.integrator) { "R\($0)" } - 2) < 0.2)
  }
}
