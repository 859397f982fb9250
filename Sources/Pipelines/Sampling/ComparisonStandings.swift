import Foundation
import Sampling

/// What plans may be given alike.
public enum BudgetAxis: String, Sendable, CaseIterable {
  /// Of predictor and refiner together.
  case evaluations
  case time

  /// Plans within this factor of a budget are at it: what medians of few batches can tell.
  public var equality: Double { self == .time ? 1.05 : 1.001 }

  func value(_ result: PlanComparison.Result) -> Double {
    switch self {
    case .evaluations: result.predictorEvaluations + result.refinerEvaluations
    case .time: result.millisecondsPerImage
    }
  }
}

/// What every family of plans makes of the same budget, of evaluations or of time.
///
/// A family with a plan at the budget stands there as it ran. Of one whose plans lie on both sides,
/// the next ones are interpolated: logarithms of RMSE, and metrics as they are, on the logarithm of
/// the budget. One whose plans all lie on one side is not extrapolated and has no place.
struct ComparisonStandings {
  typealias Axis = BudgetAxis

  /// One family's.
  struct Place {
    let family: String
    /// The plan, or the two that it lies between.
    let plans: [PlanComparison.Result]
    let milliseconds: Double
    let evaluations: Double
    let latentRMSE: Double
    let metrics: [String: Double]
    let standardErrors: [String: Double]
  }

  let axis: Axis
  let budget: Double
  /// The smallest RMSE first.
  let places: [Place]
  /// Families without a place.
  let absent: [String]

  /// One for each plan of the family that comes first, whose values on the axis are the budgets.
  static func all(_ axis: Axis, _ results: [PlanComparison.Result]) -> [ComparisonStandings] {
    guard let first = results.first.map(\.shownFamily) else { return [] }
    let budgets = Set(results.filter { $0.shownFamily == first }.map(axis.value)).sorted()
    return budgets.map { ComparisonStandings(axis, budget: $0, results) }
  }

  init(_ axis: Axis, budget: Double, _ results: [PlanComparison.Result]) {
    (self.axis, self.budget) = (axis, budget)
    var (places, absent): ([Place], [String]) = ([], [])
    for (family, plans) in Dictionary(grouping: results, by: \.shownFamily) {
      if let place = Self.place(family, plans, axis, budget) {
        places.append(place)
      } else {
        absent.append(family)
      }
    }
    self.places = places.sorted { ($0.latentRMSE, $0.family) < ($1.latentRMSE, $1.family) }
    self.absent = absent.sorted()
  }

  private static func place(
    _ family: String, _ plans: [PlanComparison.Result], _ axis: Axis, _ budget: Double
  ) -> Place? {
    let below = plans.filter { axis.value($0) <= budget }.max { axis.value($0) < axis.value($1) }
    let above = plans.filter { axis.value($0) >= budget }.min { axis.value($0) < axis.value($1) }
    if let below, let above {
      let (low, high) = (axis.value(below), axis.value(above))
      let share = high > low && low > 0 ? log(budget / low) / log(high / low) : 0
      return share > 0 && share < 1
        ? Place(family, below, above, share) : Place(family, share < 1 ? below : above)
    }
    guard let nearest = below ?? above else { return nil }
    let ratio = axis.value(nearest) / budget
    guard max(ratio, 1 / ratio) <= axis.equality else { return nil }
    return Place(family, nearest)
  }
}

extension ComparisonStandings.Place {
  fileprivate init(_ family: String, _ result: PlanComparison.Result) {
    self.init(
      family: family, plans: [result], milliseconds: result.millisecondsPerImage,
      evaluations: ComparisonStandings.Axis.evaluations.value(result),
      latentRMSE: result.latentRMSE, metrics: result.metrics ?? [:],
      standardErrors: result.standardErrors ?? [:])
  }

  /// - Parameter share: of the second.
  fileprivate init(
    _ family: String, _ first: PlanComparison.Result, _ second: PlanComparison.Result,
    _ share: Double
  ) {
    func logarithmic(_ a: Double, _ b: Double) -> Double {
      a > 0 && b > 0 ? exp((1 - share) * log(a) + share * log(b)) : (1 - share) * a + share * b
    }
    func linear(_ a: [String: Double]?, _ b: [String: Double]?) -> [String: Double] {
      (a ?? [:]).reduce(into: [:]) { values, entry in
        if let other = b?[entry.key] {
          values[entry.key] = (1 - share) * entry.value + share * other
        }
      }
    }
    let evaluations = ComparisonStandings.Axis.evaluations
    self.init(
      family: family, plans: [first, second],
      milliseconds: logarithmic(first.millisecondsPerImage, second.millisecondsPerImage),
      evaluations: logarithmic(evaluations.value(first), evaluations.value(second)),
      latentRMSE: logarithmic(first.latentRMSE, second.latentRMSE),
      metrics: linear(first.metrics, second.metrics),
      standardErrors: linear(first.standardErrors, second.standardErrors))
  }
}

extension PlanComparison.Result {
  /// The plan with the name of its own settings.
  var shownPlan: String { "`\(plan)`" + (variant.map { " \($0)" } ?? "") }

  /// With the refiner's name.
  var shownFamily: String { (family ?? plan) + (refiner.map { " with \($0)" } ?? "") }

  /// What plans of other lengths or tolerances have in common: `euler:8` is of `euler`, plans of
  /// blocks are FlowTurbo's; settings that are not how exact a plan is to be make another family.
  public static func family(
    _ plan: SamplingPlan, variant: String? = nil, _ settings: SolverSettings, of all: SolverSettings
  ) -> String {
    var name = plan.description.prefix { $0 != ":" }.description
    if case .blocks = plan { name = "FlowTurbo" }
    var traits: [String] = []
    if plan.isAdaptive {
      if plan.evaluations() == nil, name == "adaptive" { traits.append("C given") }
      if settings.adaptive.per == .batch { traits.append("per batch") }
    }
    if settings.times != all.times { traits.append("times \(settings.times)") }
    if plan.isStochastic, settings.diffusion != all.diffusion, let variant {
      traits.append(variant)
    }
    return ([name] + traits).joined(separator: ", ")
  }
}
