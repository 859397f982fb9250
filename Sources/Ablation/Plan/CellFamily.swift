import Pipelines
import Sampling

extension CellConfiguration {
  /// What cells have in common that differ in how many steps they take or in how exact they are
  /// to be: the solver's name or FlowTurbo, and the values of the other keys that a study
  /// sweeps.
  /// - Parameter first: the study's first cell; solvers' settings other than its are named.
  func family(beside first: CellConfiguration?, swept: [String]) -> String {
    let options = sample.sampling
    let plan = PlanComparison.Result.family(
      options.plan, options.solver, of: (first ?? self).sample.sampling.solver)
    let told = ["plan", "times", "atol", "rtol", "adaptive"].map { "sample.sampling.\($0)" }
    let others = swept.filter { key in
      !told.contains { key == $0 || key.hasPrefix("\($0).") }
    }
    guard !others.isEmpty, let settings = try? settings() else { return plan }
    let values = others.compactMap { SweepPlan.Cell.value(of: $0, in: settings) }
    return ([plan] + values).joined(separator: ", ")
  }
}
