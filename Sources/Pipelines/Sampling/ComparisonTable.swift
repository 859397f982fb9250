import Files
import Foundation
import Storage

/// `comparison.md` and `comparison.h5`: every plan of a comparison as it ran, and every family of
/// plans beside every other at equal evaluations and at equal time.
struct ComparisonTable {
  static let markdownName = "comparison.md"
  static let tableName = "comparison.h5"

  let comparison: PlanComparison
  /// What counts as the solution.
  let reference: String
  /// What the variants' names stand for.
  var legend: [(name: String, settings: String)] = []

  func write(to folder: String) throws {
    try AtomicFile.write(markdown, to: "\(folder)/\(Self.markdownName)")
    try TableFile.write(
      to: "\(folder)/\(Self.tableName)", format: "flowturbo-comparison", version: 2,
      attributes: [
        ("configuration", .text(comparison.configuration)), ("reference", .text(reference)),
        ("code_version", .text(comparison.codeVersion)), ("images", .integer(comparison.images)),
        ("batch", .integer(comparison.batch)), ("threads", .integer(comparison.threads)),
        ("equal_time_factor", .number(ComparisonStandings.Axis.time.equality)),
      ], columns: columns)
  }

  var byEvaluations: [ComparisonStandings] {
    ComparisonStandings.all(.evaluations, comparison.results)
  }

  var byTime: [ComparisonStandings] { ComparisonStandings.all(.time, comparison.results) }

  // MARK: - Markdown

  private var metrics: [String] {
    Set(comparison.results.flatMap { $0.metrics?.keys.sorted() ?? [] }).sorted()
  }

  var markdown: [UInt8] {
    let evaluated = comparison.evaluation.map {
      " Metrics of \($0.count) samples of each plan; ± is the standard error over resampled samples."
    }
    var lines = [
      "# Plans from the same noise", "",
      "\(comparison.images) images, batches of \(comparison.batch), \(comparison.threads) threads. "
        + "RMSE of latents against `\(reference)`; stochastic plans end at other samples, which RMSE "
        + "does not judge. Times are medians without decoding."
        + (evaluated ?? ""), "",
      "## As they ran", "",
      "Evaluations per sample, of the predictor and of the refiner; `padding` those that only filled "
        + "a batch up, where samples had left it, and `refused` the steps that a tolerance refused.",
      "",
    ]
    lines += Self.rows(
      [
        "plan", "refiner", "predictor evals", "refiner evals", "padding", "refused", "ms per image",
        "RMSE",
      ] + metrics, comparison.results.map(run))
    if !legend.isEmpty {
      lines += [""] + legend.map { "* \($0.name): \($0.settings)" }
    }
    lines += [
      "", "## At equal evaluations", "",
      "Of both networks together. The budgets are those of the family that was listed first. A family "
        + "without a plan at the budget stands between its next two: logarithms of RMSE, and metrics as "
        + "they are, interpolated on the logarithm of the budget. Nothing is extrapolated.", "",
    ]
    for standings in byEvaluations { lines += table(standings) }
    lines += [
      "", "## At equal time", "",
      "The same at the measured times of the family that was listed first.",
      "",
    ]
    for standings in byTime { lines += table(standings) }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  private func run(_ result: PlanComparison.Result) -> [String] {
    [
      result.shownPlan, result.refiner ?? "", String(format: "%.4g", result.predictorEvaluations),
      String(format: "%.4g", result.refinerEvaluations),
      result.paddingEvaluations.map { String(format: "%.3g", $0) } ?? "",
      result.rejectedSteps.map { String(format: "%.3g", $0) } ?? "",
      String(format: "%.1f", result.millisecondsPerImage),
      String(format: "%.4f", result.latentRMSE),
    ] + cells(result.metrics ?? [:], result.standardErrors ?? [:])
  }

  private func table(_ standings: ComparisonStandings) -> [String] {
    let title =
      standings.axis == .time
      ? String(format: "### %.1f ms per image", standings.budget)
      : String(format: "### %.4g evaluations", standings.budget)
    var lines = [title, ""]
    lines += Self.rows(
      ["family", "of", "evals", "ms per image", "RMSE"] + metrics,
      standings.places.map { place in
        [
          place.family, place.plans.map(\.shownPlan).joined(separator: " to "),
          String(format: "%.4g", place.evaluations), String(format: "%.1f", place.milliseconds),
          String(format: "%.4f", place.latentRMSE),
        ] + cells(place.metrics, place.standardErrors)
      })
    if !standings.absent.isEmpty {
      lines += ["", "Without plans on both sides: \(standings.absent.joined(separator: "; "))."]
    }
    return lines + [""]
  }

  private func cells(_ values: [String: Double], _ errors: [String: Double]) -> [String] {
    metrics.map { name in
      let value = values[name].map { String(format: "%.3f", $0) } ?? ""
      return value + (errors[name].map { String(format: " ± %.3f", $0) } ?? "")
    }
  }

  private static func rows(_ header: [String], _ rows: [[String]]) -> [String] {
    [
      "| \(header.joined(separator: " | ")) |",
      "|" + String(repeating: "---|", count: header.count),
    ] + rows.map { "| \($0.joined(separator: " | ")) |" }
  }

  // MARK: - HDF5

  /// A row of the file: a plan as it ran, or a family's place at a budget.
  private struct Row {
    var kind = "run"
    var budget = Double.nan
    var plan: String
    var family: String
    var refiner = ""
    var predictor = Double.nan
    var refinerEvaluations = Double.nan
    var padding = Double.nan
    var refused = Double.nan
    var evaluations: Double
    var milliseconds: Double
    var rmse: Double
    var metrics: [String: Double]
    var errors: [String: Double]
  }

  private var rows: [Row] {
    let runs = comparison.results.map { result in
      Row(
        plan: ([result.plan] + [result.variant].compactMap { $0 }).joined(separator: " "),
        family: result.shownFamily, refiner: result.refiner ?? "",
        predictor: result.predictorEvaluations, refinerEvaluations: result.refinerEvaluations,
        padding: result.paddingEvaluations ?? .nan, refused: result.rejectedSteps ?? .nan,
        evaluations: ComparisonStandings.Axis.evaluations.value(result),
        milliseconds: result.millisecondsPerImage, rmse: result.latentRMSE,
        metrics: result.metrics ?? [:], errors: result.standardErrors ?? [:])
    }
    return runs
      + (byEvaluations + byTime).flatMap { standings in
        standings.places.map { place in
          Row(
            kind: "equal \(standings.axis.rawValue)", budget: standings.budget,
            plan: place.plans.map(\.plan).joined(separator: " to "), family: place.family,
            evaluations: place.evaluations, milliseconds: place.milliseconds,
            rmse: place.latentRMSE, metrics: place.metrics, errors: place.standardErrors)
        }
      }
  }

  private var columns: [TableFile.Column] {
    let rows = rows
    func numbers(_ name: String, _ description: String, _ value: (Row) -> Double)
      -> TableFile.Column
    {
      .init(name, .numbers(rows.map(value)), description: description)
    }
    func texts(_ name: String, _ description: String, _ value: (Row) -> String) -> TableFile.Column
    {
      .init(name, .texts(rows.map(value)), description: description)
    }
    return [
      texts("kind", "run: a plan; equal …: a family's place at a budget") { $0.kind },
      numbers("budget", "Evaluations or milliseconds; NaN of runs", \.budget),
      texts("plan", "The plan, or the two that the family is interpolated between", \.plan),
      texts("family", "What plans of other lengths have in common", \.family),
      texts("refiner", "Empty for none", \.refiner),
      numbers("predictor_evaluations", "Per sample", \.predictor),
      numbers("refiner_evaluations", "Per sample", \.refinerEvaluations),
      numbers("padding_evaluations", "Per sample, of rows that fill batches up", \.padding),
      numbers("refused_steps", "Per sample", \.refused),
      numbers("evaluations", "Per sample, of both networks", \.evaluations),
      numbers("milliseconds", "Per image, median, without decoding", \.milliseconds),
      numbers("latent_rmse", "Against the reference", \.rmse),
    ]
      + metrics.flatMap { name in
        [
          numbers(name, "Of samples against the images given") { $0.metrics[name] ?? .nan },
          numbers("\(name) standard error", "By the bootstrap; NaN for none") {
            $0.errors[name] ?? .nan
          },
        ]
      }
  }
}
