import Files
import Foundation
import Storage

/// `comparison.md` and `comparison.h5`: every plan of a comparison beside every other, at equal
/// evaluations and at equal time.
struct ComparisonTable {
  /// A time that plans may take, and the best that each family makes of it.
  struct Budget {
    let milliseconds: Double
    /// Of every family, the most exact plan that takes no longer, the family's first when
    /// none does.
    let results: [PlanComparison.Result]
  }

  static let markdownName = "comparison.md"
  static let tableName = "comparison.h5"
  /// Times within this factor count as equal: what medians of few batches can tell.
  static let equalTime = 1.05

  let comparison: PlanComparison
  /// What counts as the solution.
  let reference: String

  func write(to folder: String) throws {
    try AtomicFile.write(markdown, to: "\(folder)/\(Self.markdownName)")
    try TableFile.write(
      to: "\(folder)/\(Self.tableName)", format: "flowturbo-comparison", version: 1,
      attributes: [
        ("configuration", .text(comparison.configuration)), ("reference", .text(reference)),
        ("code_version", .text(comparison.codeVersion)), ("images", .integer(comparison.images)),
        ("batch", .integer(comparison.batch)), ("threads", .integer(comparison.threads)),
        ("equal_time_factor", .number(Self.equalTime)),
      ], columns: columns)
  }

  // MARK: - What stands beside what

  /// A plan without its numbers: `euler:8` is of `euler`, plans of blocks are FlowTurbo's.
  static func family(_ result: PlanComparison.Result) -> String {
    let name =
      result.plan.first?.isUppercase == true || result.plan.hasPrefix("[")
      ? "FlowTurbo" : String(result.plan.prefix { $0 != ":" })
    return name + (result.refiner.map { " with \($0)" } ?? "")
  }

  private static func evaluations(_ result: PlanComparison.Result) -> Double {
    result.predictorEvaluations + result.refinerEvaluations
  }

  /// Results by their number of evaluations of either network, rounded, fewest first; the most
  /// exact first within each.
  var byEvaluations: [(evaluations: Int, results: [PlanComparison.Result])] {
    Dictionary(grouping: comparison.results) { Int(Self.evaluations($0).rounded()) }
      .map { ($0.key, $0.value.sorted { $0.latentRMSE < $1.latentRMSE }) }
      .sorted { $0.0 < $1.0 }
  }

  /// The times of the plans of the family that comes first are the budgets.
  var byTime: [Budget] {
    guard let first = comparison.results.first.map(Self.family) else { return [] }
    let families = Dictionary(grouping: comparison.results, by: Self.family)
    return comparison.results.filter { Self.family($0) == first }
      .map(\.millisecondsPerImage).sorted()
      .map { budget in
        let best = families.values.compactMap { results in
          results.filter { $0.millisecondsPerImage <= Self.equalTime * budget }
            .min { $0.latentRMSE < $1.latentRMSE }
        }
        return Budget(
          milliseconds: budget, results: best.sorted { $0.latentRMSE < $1.latentRMSE })
      }
  }

  // MARK: - Markdown

  private var metrics: [String] {
    Set(comparison.results.flatMap { $0.metrics?.keys.sorted() ?? [] }).sorted()
  }

  var markdown: [UInt8] {
    var lines = [
      "# Plans from the same noise", "",
      "\(comparison.images) images, batches of \(comparison.batch), \(comparison.threads) threads; "
        + "RMSE of latents against `\(reference)`, times without decoding. Stochastic plans end at "
        + "other samples, which RMSE does not judge.", "",
      "## At equal evaluations", "",
      "Of the predictor and the refiner together, as run.", "",
    ]
    lines += header("evaluations")
    for group in byEvaluations {
      lines += group.results.map { row("\(group.evaluations)", $0) }
    }
    lines += [
      "", "## At equal time", "",
      "The most exact plan of each family that takes no longer, within 5 %. A family without one is "
        + "left out.", "",
    ]
    lines += header("budget, ms per image")
    for budget in byTime {
      lines += budget.results.map { row(String(format: "%.1f", budget.milliseconds), $0) }
    }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  private func header(_ first: String) -> [String] {
    let names =
      [first, "plan", "refiner", "predictor evals", "refiner evals", "ms per image", "RMSE"]
      + metrics
    return [
      "| \(names.joined(separator: " | ")) |",
      "|" + String(repeating: "---|", count: names.count),
    ]
  }

  private func row(_ first: String, _ result: PlanComparison.Result) -> String {
    var cells = [
      first, "`\(result.plan)`", result.refiner ?? "",
      String(format: "%g", result.predictorEvaluations),
      String(format: "%g", result.refinerEvaluations),
      String(format: "%.1f", result.millisecondsPerImage),
      String(format: "%.4f", result.latentRMSE),
    ]
    for name in metrics {
      let value = result.metrics?[name].map { String(format: "%.3f", $0) } ?? ""
      let error = result.standardErrors?[name].map { String(format: " ± %.3f", $0) } ?? ""
      cells.append(value + error)
    }
    return "| \(cells.joined(separator: " | ")) |"
  }

  // MARK: - HDF5

  private var columns: [TableFile.Column] {
    let results = comparison.results
    func numbers(
      _ name: String, _ description: String, _ value: (PlanComparison.Result) -> Double?
    ) -> TableFile.Column {
      .init(name, .numbers(results.map { value($0) ?? .nan }), description: description)
    }
    return [
      .init("plan", .texts(results.map(\.plan)), description: "The plan"),
      .init("family", .texts(results.map(Self.family)), description: "Its kind"),
      .init("refiner", .texts(results.map { $0.refiner ?? "" }), description: "Empty for none"),
      numbers("predictor_evaluations", "Per sample") { $0.predictorEvaluations },
      numbers("refiner_evaluations", "Per sample") { $0.refinerEvaluations },
      numbers("milliseconds", "Per image, median, without decoding") { $0.millisecondsPerImage },
      numbers("latent_rmse", "Against the reference") { $0.latentRMSE },
    ]
      + metrics.flatMap { name in
        [
          numbers(name, "Of samples against the images given") { $0.metrics?[name] },
          numbers("\(name) standard error", "By the bootstrap; NaN for none") {
            $0.standardErrors?[name]
          },
        ]
      }
  }
}
