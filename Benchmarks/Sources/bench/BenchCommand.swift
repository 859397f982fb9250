import ArgumentParser
import CPUExecutor
import Files
import Foundation
import TensorGraph

/// What share of the machine's own matmul peak the toolkit's work reaches. Ends with 1 where
/// a graph has grown past its limit; times are reported, not judged.
@main
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures the toolkit's work beside the machine's own matmul peak.")

  @Option(help: "Rows to measure, joined by commas; without it all but the long ones.")
  var only: String?

  @Flag(help: "The long rows, too: SiT-XL/2, which needs 12 GB and minutes.")
  var full = false

  @Option(help: "Turns of each row, each between two of the peak.")
  var rounds = 5

  @Option(help: "float32, bfloat16, or both where it is not given.")
  var precision: Precision?

  @Option(help: "Threads of the programs and the peak alike.")
  var threads: Int?

  @Option(help: ArgumentHelp("Writes the numbers as JSON.", valueName: "file"))
  var output: String?

  @Flag(help: "Where the rows' time goes, by operations and shapes, instead.")
  var profile = false

  @Flag(help: "How time and memory grow with batch, resolution, model and images, instead.")
  var growth = false

  @Flag(help: "Lists the rows' names.")
  var list = false

  @Flag(help: "Lists the precisions that can be measured.")
  var listPrecisions = false

  @Flag(help: "Answers lines `row` and `peak` with seconds, for scripts/bench_peers.py.")
  var serve = false

  func run() throws {
    if listPrecisions { return print(Precision.measured.map(\.rawValue).joined(separator: "\n")) }
    if let precision, !Precision.measured.contains(precision) {
      throw ValidationError("--precision: \(precision.rawValue) is not there")
    }
    if let threads {
      guard (1...1024).contains(threads) else { throw ValidationError("--threads: 1 to 1024") }
      CPUExecutor.threads = threads
    }
    if growth { return try measureGrowth() }
    let rows = try selection()
    if list { return print(rows.map(\.name).joined(separator: "\n")) }
    guard rounds > 0 else { throw ValidationError("--rounds: at least one") }
    if serve {
      guard let row = rows.first, rows.count == 1 else {
        throw ValidationError("--serve: takes one row, given by --only")
      }
      return try Server(row: row, precision: precision ?? .float32).run()
    }
    if profile { return try measureProfiles(rows) }
    try measure(rows)
  }

  private func measureProfiles(_ rows: [Row]) throws {
    var profiles: [OperationProfile] = []
    for precision in Precision.measured where self.precision ?? precision == precision {
      var bench = try Bench(precision, rounds: rounds)
      for row in rows where row.isGraph {
        let profile = try OperationProfile(row, precision, runs: rounds) { try bench.peakRate() }
        profiles.append(profile)
        print("\n\(row.title), batch \(row.count), \(precision.rawValue)")
        for line in Table.lines(profile.table()) { print(line) }
        fflush(nil)
        if let output { try AtomicFile.write(Report.encoded(profiles), to: output) }
      }
    }
  }

  private func measureGrowth() throws {
    let precision = precision ?? .float32
    let names = only.map { $0.split(separator: ",").map(String.init) }
    let series = Series.all(WeightCache()).filter { names?.contains($0.name) ?? true }
    if list { return print(series.map(\.name).joined(separator: "\n")) }
    var report = GrowthReport(
      machine: .current, date: Date.now.formatted(.iso8601), rounds: rounds,
      precision: precision)
    var bench = try Bench(precision, rounds: rounds)
    for series in series {
      var points: [Growth.Point] = []
      for (label, row) in series.points {
        let measurement = try bench.measure(row)
        points.append(Growth.Point(label, measurement))
      }
      let growth = Growth(series, points)
      report.series.append(growth)
      print("")
      for line in Table.lines(growth.table) { print(line) }
      fflush(nil)
      if let output { try AtomicFile.write(report.json(), to: output) }
    }
  }

  private func selection() throws -> [Row] {
    let all = Rows.all(WeightCache())
    guard let only else { return full || list ? all : all.filter { !$0.isLong } }
    let names = only.split(separator: ",").map(String.init)
    return try names.map { name in
      guard let row = all.first(where: { $0.name == name }) else {
        throw ValidationError(
          "--only: no row '\(name)'; there are \(all.map(\.name).joined(separator: ", "))")
      }
      return row
    }
  }

  private func measure(_ rows: [Row]) throws {
    var report = Report(
      machine: .current, date: Date.now.formatted(.iso8601), rounds: rounds)
    let machine = report.machine
    print(
      "\(machine.processor), \(machine.threads) threads, oneDNN \(machine.oneDNN), "
        + "\(rounds) turns, each between two of the peak")
    for precision in Precision.measured where self.precision ?? precision == precision {
      var bench = try Bench(precision, rounds: rounds)
      var table = [Table.header]
      for row in rows where row.precisions.contains(precision) {
        let measurement = try bench.measure(row)
        report.rows.append(measurement)
        table.append(Table.cells(measurement))
        FileHandle.standardError.write(Data("\(row.name) \(precision.rawValue)\n".utf8))
        report.peaks[precision.rawValue] = Spread(bench.peaks)
        if let output { try AtomicFile.write(report.json(), to: output) }
      }
      let peak = Spread(bench.peaks)
      print(
        String(
          format: "\n%@: peak %.0f GFLOP/s (quartiles %.0f-%.0f, best %.0f)", precision.rawValue,
          peak.median / 1e9, peak.low / 1e9, peak.high / 1e9, (bench.peaks.max() ?? 0) / 1e9))
      for line in Table.lines(table) { print(line) }
      for row in report.rows where row.precision == precision { printParts(of: row) }
      fflush(nil)
    }
    let grown = report.rows.filter { $0.nodes > $0.nodeLimit }
    for row in grown {
      print("\(row.name): \(row.nodes) graph nodes, more than the limit of \(row.nodeLimit)")
    }
    if !grown.isEmpty { throw ExitCode(1) }
  }

  private func printParts(of row: Measurement) {
    guard let ratio = row.timeOverParts else { return }
    let parts = row.parts.map {
      String(format: "%d x %@ %.1f ms", $0.count, $0.name, $0.seconds.median * 1e3)
    }
    print(
      String(
        format: "%@: %.3f of the sum of its parts (quartiles %.3f-%.3f): %@", row.title,
        ratio.median, ratio.low, ratio.high, parts.joined(separator: ", ")))
  }
}
