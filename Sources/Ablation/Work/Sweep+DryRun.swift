import Configuration
import Diagnostics
import Foundation
import Pipelines

extension Sweep {
  /// Says what the sweep is, what of it is done and what the rest would take, and does nothing
  /// else. Every configuration is checked, and the files that are there are read.
  public func dryRun(only: [String] = []) throws {
    let plan = try SweepPlan(configuration, folder)
    let studies = try plan.selected(only)
    let store = StepRecords(folder: folder)
    let records = try store.read(plan)
    let targets = studies.flatMap(\.targets)
    let queue = StepQueue(
      plan, targets: targets, records: records, hasProduct: store.hasProduct)
    let claimed =
      FileManager.default.fileExists(atPath: folder.claims)
      ? Set(try claims().map(\.step)) : []
    observe(.note(try ResolvedConfiguration(configuration).yaml))
    for study in studies {
      let agrees = study.cells.contains { $0.agreement != nil }
      var rows = [
        ["cell", "seed", "sampling", "metrics"] + (agrees ? ["agreement"] : []) + ["of refiner"]
      ]
      for cell in study.cells {
        func state(_ hash: String) -> String {
          if let record = records[hash] { return record.status == .done ? "done" : "failed" }
          return claimed.contains(hash) ? "claimed" : "to do"
        }
        rows.append(
          [
            cell.name, "\(cell.seed)", state(cell.sample), state(cell.evaluation),
          ] + (agrees ? [cell.agreement.map(state) ?? "none"] : [])
            + [cell.refiner.map { "\($0.prefix(8)) (\(state($0)))" } ?? ""])
      }
      let timing = study.timing.map { records[$0] == nil ? ", times to do" : ", times done" }
      observe(
        .table(
          title: "\(study.name): \(study.configuration.title)\(timing ?? "")", rows: rows))
    }
    let closure = plan.closure(targets)
    let uses = studies.flatMap { plan.uses(of: $0) }
    let left = queue.ready + queue.waiting
    let estimate = try SweepEstimate(
      plan, left: left, records: records, folder: folder, observe: observe)
    var rows = [["steps", "in all", "left", "multiply-adds left", "time, about", "disk, at most"]]
    for kind in Step.Kind.allCases {
      let all = closure.count { plan.steps[$0]?.kind == kind }
      guard all > 0 else { continue }
      let line = estimate.lines[kind] ?? .init()
      rows.append(
        [
          kind.rawValue, "\(all)", "\(line.steps)", Self.count(line.multiplyAdds),
          Self.duration(line.seconds) + (estimate.measured.contains(kind) ? " (measured)" : ""),
          Self.bytes(line.disk),
        ])
    }
    rows.append(
      [
        "all", "\(closure.count)", "\(left.count)", "", Self.duration(estimate.seconds),
        Self.bytes(estimate.disk),
      ])
    observe(.table(title: "Nothing was run. What is left:", rows: rows))
    observe(
      .note(
        "\(uses.count) uses of \(Set(uses).count) steps of cells: what several cells need is done "
          + "once" + (queue.failed.isEmpty ? "" : "; \(queue.failed.count) steps have failed")))
  }

  private func claims() throws -> [Claim] {
    let table = try ClaimTable(folder)
    defer { table.end() }
    return try table.others()
  }

  static func count(_ value: Double) -> String {
    value == 0 ? "" : String(format: "%.3g", value)
  }

  static func duration(_ seconds: Double) -> String {
    guard seconds >= 60 else { return String(format: "%.2g s", seconds) }
    guard seconds < 1000 * 3600 else { return String(format: "%.3g days", seconds / 86_400) }
    let whole = Int(seconds.rounded())
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }

  static func bytes(_ value: Int) -> String {
    value >= 1 << 30
      ? String(format: "%.1f GiB", Double(value) / Double(1 << 30))
      : String(format: "%.1f MiB", Double(value) / Double(1 << 20))
  }
}

extension SweepPlan {
  /// The steps of each cell of a study, each as often as cells need it.
  fileprivate func uses(of study: Study) -> [String] {
    study.cells.flatMap { Array(closure($0.targets)) } + (study.timing.map { [$0] } ?? [])
  }
}
