import Diagnostics
import Files
import Foundation
import Pipelines
import PipelinesTestSupport
import Reports
import Storage
import Synchronization
import TemporaryFolders
import Testing

@testable import Ablation

/// Whole sweeps of tiny networks.
@Suite(.serialized) struct SweepTests {
  /// The tables and pictures that do not say how long anything took.
  static func lasting(_ path: String) throws -> ResultsDocument {
    var document = try ResultsDocument(path: path)
    document.tables = document.tables.map { table in
      ResultTable(
        table.path, title: table.title,
        columns: table.columns.filter {
          !$0.name.hasPrefix("time_") && !$0.name.hasPrefix("seconds_")
            && $0.name != "memory_measured"
        })
    }
    return document
  }

  private func run(
    _ configuration: AblationConfiguration, resume: Bool = false, only: [String] = [],
    willRun: @escaping @Sendable (Step) throws -> Void = { _ in }
  ) throws {
    var sweep = Sweep(configuration, observe: { _ in }, shouldStop: { false })
    sweep.willRun = willRun
    try sweep.run(resume: resume, only: only)
  }

  @Test func fillsATableForEachStudy() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let configuration = try sweep.configuration()
      let done = Mutex<[String]>([])
      try run(configuration) { step in done.withLock { $0.append(step.hash) } }
      let steps = done.withLock { $0 }
      #expect(Set(steps).count == steps.count)

      let document = try ResultsDocument(path: "\(sweep.root)/results.h5")
      let orders = try #require(document[table: "tables/orders"])
      #expect(orders.rows == 4)
      #expect(orders["cell"]?.values == .texts(["H1P1R1", "H1P1R1", "H2", "H2"]))
      #expect(orders["status"]?.values == .texts(Array(repeating: "done", count: 4)))
      #expect(orders["sample.sampling.plan"]?.values == orders["cell"]?.values)
      #expect(orders["predictor_evaluations"]?.values == .numbers([3, 3, 4, 4]))
      #expect(orders["refiner_evaluations"]?.values == .numbers([2, 2, 0, 0]))
      func numbers(_ table: ResultTable, _ name: String) throws -> [Double] {
        guard case .numbers(let values)? = table[name]?.values else {
          throw InputError("no numbers \(name)")
        }
        return values
      }
      for name in [
        "fid[tiny-features]", "fid[tiny-features]_low", "precision[tiny-features]",
        "time_latency", "time_throughput", "multiply_adds", "memory_predicted",
      ] {
        #expect(try numbers(orders, name).allSatisfy(\.isFinite), "\(name)")
      }
      #expect(try numbers(orders, "time_acceleration").prefix(2) == [0, 0])
      #expect(orders["time_latency"]?.unit == "ms")
      #expect(orders["time_batch"]?.values == .integers([2, 2, 2, 2]))
      let low = try numbers(orders, "time_latency_low")
      let high = try numbers(orders, "time_latency_high")
      #expect(zip(low, high).allSatisfy { $0 <= $1 })

      let summary = try #require(document[table: "summary/orders"])
      #expect(summary["seeds"]?.values == .integers([2, 2]))
      let fid = try numbers(orders, "fid[tiny-features]")
      let mean = try numbers(summary, "fid[tiny-features]")
      #expect(abs(mean[0] - (fid[0] + fid[1]) / 2) < 1e-12)
      let interval = try #require(TInterval(Array(fid.prefix(2))))
      #expect(try numbers(summary, "fid[tiny-features]_high")[0] == interval.upper)
      let difference = try numbers(summary, "fid[tiny-features]_difference")
      #expect(difference[0].isNaN)
      #expect(abs(difference[1] - (fid[2] - fid[0] + fid[3] - fid[1]) / 2) < 1e-12)
      let paired = try #require(TInterval([fid[2] - fid[0], fid[3] - fid[1]]))
      #expect(try numbers(summary, "fid[tiny-features]_difference_low")[1] == paired.lower)
      // One seed has the bootstrap's interval.
      let guidance = try #require(document[table: "tables/guidance"])
      #expect(guidance["time_latency"] == nil)
      #expect(guidance["sample.sampling.guidance"]?.values == .numbers([1, 1.5]))
      let single = try #require(document[table: "summary/guidance"])
      #expect(
        try numbers(single, "fid[tiny-features]_low")
          == numbers(guidance, "fid[tiny-features]_low"))

      let cells = try #require(document[table: "cells"])
      #expect(cells.rows == 6)
      #expect(
        cells["study"]?.values
          == .texts(
            Array(repeating: "orders", count: 4)
              + ["guidance", "guidance"]))
      #expect(try numbers(cells, "sample.sampling.guidance") == [1.5, 1.5, 1.5, 1.5, 1, 1.5])
      #expect(
        document.pictures.map(\.path) == [
          "grids/guidance/none", "grids/guidance/some", "grids/orders/H1P1R1", "grids/orders/H2",
        ])
      #expect(document.pictures[1].pixels == document.pictures[3].pixels)
      #expect(document.pictures[0].pixels != document.pictures[1].pixels)
      #expect(document[attribute: "numerics_version"] == "\(Toolkit.numerics)")
      #expect(document[attribute: "configuration"]?.contains("sample.sampling.plan:") == true)

      // Evaluated samples are gone, and nothing is done again.
      #expect(
        try FileManager.default.subpathsOfDirectory(atPath: sweep.root)
          .allSatisfy { !$0.hasSuffix("samples.npz") })
      let before = try FileHash.sha256(ofFile: "\(sweep.root)/results.h5")
      try run(configuration) { _ in Issue.record("done again") }
      #expect(try FileHash.sha256(ofFile: "\(sweep.root)/results.h5") == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(sweep.root)/claims") == [])
    }
  }

  /// What a sweep writes is what a report reads: every study with its metrics, times and pictures.
  @Test func aReportIsMadeOfItsResults() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      try run(try sweep.configuration())
      let document = try ResultsDocument(path: "\(sweep.root)/results.h5")
      let report = try Report(document, path: "results.h5")
      let text = report.terminalText(bold: false)
      for words in [
        "orders: Orders", "guidance: Guidance", "H1P1R1", "[tiny-features]", "latency",
        "evaluations", "acceleration",
      ] { #expect(text.contains(words), "\(words)") }
      let page = try report.write(to: folder + "/report")
      let html = try String(contentsOfFile: page, encoding: .utf8)
      // Four cells, of which two in different studies have the same samples; one plot of times.
      #expect(html.components(separatedBy: "data:image/png;base64,").count == 4)
      #expect(html.contains("time per image of a batch, ms"))
      #expect(html.contains("Differences from H1P1R1, seed by seed"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder + "/report").sorted() == [
          "cells.csv", "guidance.csv", "orders.csv", "report.html", "summary-guidance.csv",
          "summary-orders.csv", "tables.md",
        ])
    }
  }

  /// One that breaks is recorded, others go on, and another try mends it.
  @Test func failuresAreRecordedAndTriedAgain() throws {
    struct Broken: Error, CustomStringConvertible { let description = "it\nbroke" }
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let configuration = try sweep.configuration()
      let error = #expect(throws: SweepIncomplete.self) {
        try run(configuration) { if $0.title == "samples of orders: H2, seed 1" { throw Broken() } }
      }
      #expect(error?.description.hasPrefix("1 of 7 cells failed, the first: it broke") == true)
      #expect(error?.exitCode == .checkFailed)
      let orders = try #require(
        try ResultsDocument(path: "\(sweep.root)/results.h5")[table: "tables/orders"])
      #expect(orders["status"]?.values == .texts(["done", "done", "done", "failed"]))
      #expect(orders["error"]?.values == .texts(["", "", "", "it broke"]))
      // Without --resume it stays failed, with it nothing else is done again.
      #expect(throws: SweepIncomplete.self) {
        try run(configuration) { _ in Issue.record("done again") }
      }
      let done = Mutex<[Step.Kind]>([])
      try run(configuration, resume: true) { step in done.withLock { $0.append(step.kind) } }
      #expect(done.withLock { $0 } == [.sample, .evaluation])
    }
  }

  /// Cells whose refiner cannot be trained fail alone; the others are done and timed.
  @Test func aFailedTrainingTakesItsCellsAlone() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      // Rendered solids have ten classes, the teacher has three.
      let configuration = try sweep.configuration(overrides: [
        "base.refiner=trained", "studies.orders.seeds=[0]",
        "base.train-refiner={data: {encode: {render: {perClass: 1, size: 8}, size: 8, vae: {weights: "
          + "\(sweep.models.vae)}}}, teacher: {weights: \(sweep.models.predictor)}, training: {steps: 2}}",
      ])
      let error = #expect(throws: SweepIncomplete.self) { try run(configuration) }
      #expect(error?.description.contains("labels below 3, the classes of the teacher") == true)
      let document = try ResultsDocument(path: "\(sweep.root)/results.h5")
      let orders = try #require(document[table: "tables/orders"])
      #expect(orders["status"]?.values == .texts(["failed", "done"]))
      guard case .numbers(let times)? = orders["time_latency"]?.values,
        case .texts(let errors)? = orders["timing_error"]?.values
      else {
        Issue.record("no times")
        return
      }
      #expect(times[0].isNaN && times[1] > 0)
      #expect(errors[0].contains("refiner.safetensors") && errors[1].isEmpty)
    }
  }

  @Test func aStudyAlone() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let configuration = try sweep.configuration()
      try run(configuration, only: ["guidance"])
      let document = try ResultsDocument(path: "\(sweep.root)/results.h5")
      // A cell that both studies have is done in both.
      #expect(
        document[table: "tables/orders"]?["status"]?.values
          == .texts(["pending", "pending", "done", "pending"]))
      let error = #expect(throws: InputError.self) { try run(configuration, only: ["order"]) }
      #expect(
        error?.description == "--only: expected one of orders, guidance, found 'order'")
      let said = Said()
      try Sweep(configuration, observe: said.observer).dryRun()
      #expect(said.contains("done"))
      #expect(said.contains("to do"))
    }
  }

  /// Stopped before any step, again and again, it ends with the table of one left alone, and the
  /// file of results can be read all the while.
  @Test func stopsAnywhereAndGoesOn() throws {
    try withTemporaryFolder { folder in
      let sweep = try TinySweep(in: folder)
      let configuration = try sweep.configuration(overrides: ["studies.orders.seeds=[0]"])
      try run(configuration)
      let undisturbed = try Self.lasting("\(sweep.root)/results.h5")
      try FileManager.default.removeItem(atPath: sweep.root)

      var stops = 0
      while stops < 100 {
        let left = Mutex(1)
        do {
          try run(configuration, resume: true) { _ in
            let isOver = left.withLock { left in
              left -= 1
              return left < 0
            }
            if isOver { throw Stopped("stopped: repeat the command") }
          }
          break
        } catch is Stopped {
          stops += 1
          _ = try ResultsDocument(path: "\(sweep.root)/results.h5")
        }
      }
      #expect((5..<100).contains(stops))
      let disturbed = try Self.lasting("\(sweep.root)/results.h5")
      #expect(disturbed.tables == undisturbed.tables)
      #expect(disturbed.pictures == undisturbed.pictures)
    }
  }
}

/// What a pipeline told.
final class Said: Sendable {
  private let lines = Mutex<[String]>([])

  var observer: PipelineObserver {
    { event in
      let line =
        switch event {
        case .note(let text), .warning(let text): text
        case .progress: ""
        case .table(let title, let rows), .details(let title, let rows):
          ([title] + rows.map { $0.joined(separator: " ") }).joined(separator: "\n")
        }
      self.lines.withLock { $0.append(line) }
    }
  }

  func contains(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
}
