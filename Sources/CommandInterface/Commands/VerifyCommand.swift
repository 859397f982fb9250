import ArgumentParser
import CPUExecutor
import Diagnostics
import Foundation
import Pipelines
import Verification

extension PrecisionChoice: ExpressibleByArgument {}

struct VerifyCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Repeats reference fixtures and compares every number with the stored one.",
    discussion: """
      A fixture is a safetensors file with settings, salts of the weight formula and \
      tolerances in its metadata. Ends with 1 when a number is off, else with 2 when a file \
      is no fixture of a known kind or cannot be checked.
      """)

  @Option(
    help: ArgumentHelp(
      "What models multiply in: float32, bfloat16 or auto. Tolerances of bfloat16 are of the root "
        + "mean square, and the toolkit's own.", valueName: "precision"))
  var precision = PrecisionChoice.float32

  @Argument(help: ArgumentHelp("Fixtures to check.", valueName: "fixture"))
  var fixtures: [String]

  @OptionGroup var common: CommonOptions

  func run() throws {
    var (failed, unusable) = (0, 0)
    let verifier = try FixtureVerifier(precision: precision.resolved())
    for path in fixtures {
      do {
        let report = try verifier.verify(path: path)
        show(report)
        if !report.passes { failed += 1 }
      } catch {
        Terminal.error("\(error)")
        unusable += 1
      }
    }
    guard failed + unusable > 0 else { return }
    let message =
      "of \(fixtures.count) fixtures \(failed) do not pass and \(unusable) cannot be checked"
    throw Ending(exitCode: failed > 0 ? .checkFailed : .badInput, description: message)
  }

  private func show(_ report: FixtureReport) {
    let rows = report.results.map { result in
      [
        result.name, number(result.largestError), number(result.allowed),
        result.worstShare.map { String(format: "%.3f", $0) } ?? "", result.passes ? "pass" : "FAIL",
      ]
    }
    Terminal.observer(
      .table(
        title: "\(report.path) (\(report.kind))",
        rows: [["tensor", "largest error", "tolerance", "worst share", "result"]] + rows))
    for result in report.results {
      if let failure = result.failure {
        Terminal.observer(.note("FAIL \(result.name): \(failure)"))
      }
    }
    let passed = report.results.count { $0.passes }
    let worst = report.results.compactMap(\.worstShare).max() ?? 0
    Terminal.observer(
      .note(
        "\(report.passes ? "pass" : "FAIL") \(report.path): \(passed) of "
          + "\(report.results.count) checks, "
          + "largest error \(String(format: "%.3f", worst)) of its tolerance\n"))
  }

  private func number(_ value: Double?) -> String {
    value.map { $0 == 0 ? "0" : String(format: "%.3g", $0) } ?? ""
  }
}
