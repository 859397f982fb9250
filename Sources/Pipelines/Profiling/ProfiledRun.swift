import Diagnostics
import Files
import TensorGraph

/// Runs pipelines under a profile: a table of where the time went, and a trace that
/// chrome://tracing and Perfetto show.
public struct ProfiledRun {
  /// Rows of the operations' table; what is left is summed up in one.
  private static let rows = 25

  private let trace: String
  private let observe: PipelineObserver

  /// - Parameter trace: the JSON file of the trace.
  /// - Throws: `InputError` where it cannot be written, before anything has run.
  public init(trace: String, observe: @escaping PipelineObserver) throws {
    self.trace = trace
    self.observe = observe
    try AtomicFile.write(ChromeTrace.text(of: Profile()), to: trace)
  }

  /// Runs `body`; what was spent is reported also where it ends with an error.
  public func callAsFunction<Result>(_ body: () throws -> Result) throws -> Result {
    let profile = Profile()
    let start = ContinuousClock.now
    let result = Swift.Result { try Profile.$current.withValue(profile, operation: body) }
    let wall = (ContinuousClock.now - start).seconds
    let value = try result.mapError { error in
      try? report(profile, wall: wall)
      return error
    }.get()
    try report(profile, wall: wall)
    return value
  }

  private func report(_ profile: Profile, wall: Double) throws {
    try AtomicFile.write(ChromeTrace.text(of: profile), to: trace)
    let totals = profile.totals
    let used = Set(totals.compactMap { Precision(rawValue: $0.kind.precision) })
    var peaks: [String: Double] = [:]
    for precision in used {
      peaks[precision.rawValue] = try MachineRate.measure(precision).multiplyAdds
    }
    observe(
      .table(
        title: "Time in operations of programs, of \(Amounts.duration(wall)) in all:",
        rows: ProfileTable.operations(totals, wall: wall, peaks: peaks, limit: Self.rows)))
    observe(
      .table(
        title: "Time in phases, which contain operations and each other:",
        rows: ProfileTable.phases(totals, wall: wall)))
    observe(.note("\(trace): every span, for chrome://tracing or https://ui.perfetto.dev"))
  }
}

/// What the terminal shows of a profile.
enum ProfileTable {
  /// - Parameters:
  ///   - wall: seconds of the whole run.
  ///   - peaks: multiply–adds per second of a large matrix product in each precision.
  static func operations(
    _ totals: [Profile.Total], wall: Double, peaks: [String: Double], limit: Int
  ) -> [[String]] {
    let totals = totals.filter { $0.kind.category == .operation }
    var rows = [["operation", "shapes", "calls", "ms", "of all", "GFLOP/s", "of peak"]]
    rows += totals.prefix(limit).map { total in
      let kind = total.kind
      let rate = kind.multiplyAdds * Double(total.calls) / total.seconds
      return [
        kind.name, shortened(kind.detail), "\(total.calls)", milliseconds(total.seconds),
        share(total.seconds, of: wall),
        kind.multiplyAdds > 0 ? number(2 * rate / 1e9) : "",
        kind.multiplyAdds > 0 ? share(rate, of: peaks[kind.precision] ?? .nan) : "",
      ]
    }
    func sum(_ name: String, _ totals: some Sequence<Profile.Total>) -> [String] {
      let seconds = totals.reduce(0) { $0 + $1.seconds }
      let work = totals.reduce(0) { $0 + $1.kind.multiplyAdds * Double($1.calls) }
      // Seconds at the peaks of their precisions.
      let least = totals.filter { $0.kind.multiplyAdds > 0 }.reduce(0) {
        $0 + $1.kind.multiplyAdds * Double($1.calls) / (peaks[$1.kind.precision] ?? .nan)
      }
      return [
        name, "", "\(totals.reduce(0) { $0 + $1.calls })", milliseconds(seconds),
        share(seconds, of: wall), number(2 * work / seconds / 1e9),
        share(least / seconds, of: 1),
      ]
    }
    if totals.count > limit { rows.append(sum("others", totals.dropFirst(limit))) }
    if !totals.isEmpty { rows.append(sum("all operations", totals)) }
    return rows
  }

  static func phases(_ totals: [Profile.Total], wall: Double) -> [[String]] {
    [["phase", "calls", "ms", "of all"]]
      + totals.filter { $0.kind.category == .phase }.map {
        [
          $0.kind.name, "\($0.calls)", milliseconds($0.seconds), share($0.seconds, of: wall),
        ]
      }
  }

  /// Concatenations have dozens of operands.
  private static func shortened(_ shapes: String) -> String {
    shapes.count > 60 ? shapes.prefix(57) + "..." : shapes
  }

  private static func milliseconds(_ seconds: Double) -> String {
    seconds >= 1 ? number(seconds * 1e3) : String((seconds * 1e4).rounded() / 10)
  }

  private static func number(_ value: Double) -> String {
    value.isFinite ? "\(Int(clamping: Int64(value.rounded())))" : ""
  }

  private static func share(_ part: Double, of whole: Double) -> String {
    let percent = 100 * part / whole
    return percent.isFinite ? "\((percent * 10).rounded() / 10) %" : ""
  }
}
