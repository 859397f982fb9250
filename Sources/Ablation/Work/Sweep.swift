import Configuration
import Diagnostics
import Files
import Foundation
import Pipelines

/// `ablate`: does the steps of a configuration's studies that are not done yet, alone or beside
/// other processes, and keeps the table of results up to date.
public struct Sweep: Sendable {
  public let configuration: AblationConfiguration
  let folder: SweepFolder
  let observe: PipelineObserver
  let shouldStop: @Sendable () -> Bool
  /// Called with each step that is about to be done; for tests.
  var willRun: @Sendable (Step) throws -> Void = { _ in }

  /// - Parameter shouldStop: asked between the parts of the work.
  public init(
    _ configuration: AblationConfiguration, observe: @escaping PipelineObserver,
    shouldStop: @escaping @Sendable () -> Bool = { StopRequest.isSet }
  ) {
    self.configuration = configuration
    self.observe = observe
    self.shouldStop = shouldStop
    folder = SweepFolder(root: configuration.output)
  }

  /// - Parameters:
  ///   - resume: tries steps again that failed in an earlier run. What is done is kept in any
  ///     case, and what was begun goes on.
  ///   - only: the studies to do; none for all.
  /// - Throws: `Stopped` where the user asked for it; ``SweepIncomplete`` where cells failed.
  public func run(resume: Bool, only: [String] = []) throws {
    let plan = try SweepPlan(configuration, folder)
    let targets = try plan.selected(only).flatMap(\.targets)
    try AtomicFile.makeDirectory(folder.steps)
    let records = StepRecords(folder: folder)
    let claims = try ClaimTable(folder)
    defer { claims.end() }
    if resume { try forgetFailures(plan, targets, records, claims) }
    let writer = ResultsWriter(plan: plan, configuration: configuration, folder: folder)
    try publish(writer, records)
    observe(.note("\(folder.root): \(plan.closure(targets).count) steps"))

    var waited = false
    while true {
      if shouldStop() { throw Stopped("stopped: repeat the command with --resume") }
      // Before the look at what is done, so that no end is missed between the two.
      let claimed = claimNames()
      let queue = StepQueue(
        plan, targets: targets, records: try records.read(plan), hasProduct: records.hasProduct)
      guard !queue.isEmpty else { break }
      if let step = try claimNext(queue, claims) {
        waited = false
        defer { try? claims.release(step.hash) }
        // Another runner may have done it between the look and the claim.
        if let record = try records.read(step), record.status == .failed || records.hasProduct(step)
        {
          continue
        }
        try waitForOthers(step, claims)
        try run(step, left: queue.ready.count + queue.waiting.count, records, claims)
        try removeSamples(step, plan, records)
        if [.evaluation, .agreement, .timing, .refiner].contains(step.kind) {
          try publish(writer, records)
        }
      } else {
        if !waited { observe(.note("the steps left are done by other processes: waiting")) }
        waited = true
        waitForChange(since: claimed)
      }
    }
    try publish(writer, records)
    try conclude(plan, targets, records)
  }

  private func claimNext(_ queue: StepQueue, _ claims: ClaimTable) throws -> Step? {
    // Times are taken when nothing else is left to do here.
    for step in queue.ready {
      switch try claims.claim(step.hash, isExclusive: step.isExclusive) {
      case .mine: return step
      case .taken: continue
      case .blocked: return nil
      }
    }
    return nil
  }

  private func claimNames() -> Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: folder.claims)) ?? [])
  }

  /// Waits until a claim comes or goes; half a minute at most, as a dead process changes none.
  /// Looks at names alone: others may be taking times.
  private func waitForChange(since before: Set<String>) {
    for _ in 0..<120 where !shouldStop() && claimNames() == before {
      Thread.sleep(forTimeInterval: 0.25)
    }
  }

  /// Waits until no other process works on anything, before times are taken.
  private func waitForOthers(_ step: Step, _ claims: ClaimTable) throws {
    guard step.isExclusive else { return }
    while try !claims.others().isEmpty {
      if shouldStop() { throw Stopped("stopped: repeat the command with --resume") }
      Thread.sleep(forTimeInterval: 0.25)
    }
  }

  private func run(
    _ step: Step, left: Int, _ records: StepRecords, _ claims: ClaimTable
  ) throws {
    let runner = StepRunner(folder: folder, observe: observe, shouldStop: shouldStop)
    let record: StepRecord
    do {
      try willRun(step)
      observe(.note("\(step.hash.prefix(8)) \(step.title) (\(left) steps left)"))
      record = try runner.run(step)
    } catch let stop as Stopped {
      throw Stopped("\(stop)".contains("--resume") ? "\(stop)" : "\(stop) with --resume")
    } catch {
      record = runner.failure(step, error)
      observe(.warning("\(step.title): failed: \(record.error ?? "")"))
    }
    let isMine = try claims.ifStillMine(step.hash) { try records.write(record) }
    if !isMine {
      observe(.warning("\(step.title): another process has taken it over; its result counts"))
    }
  }

  /// Removes samples once every evaluation of them that the plan knows is done.
  private func removeSamples(_ done: Step, _ plan: SweepPlan, _ records: StepRecords) throws {
    guard !configuration.results.keepSamples, done.kind == .evaluation else { return }
    for hash in done.needs where plan.steps[hash]?.kind == .sample {
      let users = plan.steps.values.filter { $0.kind == .evaluation && $0.needs.contains(hash) }
      guard try users.allSatisfy({ try records.read($0)?.status == .done }) else { continue }
      unlink(folder.samples(hash))
    }
  }

  private func forgetFailures(
    _ plan: SweepPlan, _ targets: [String], _ records: StepRecords, _ claims: ClaimTable
  ) throws {
    let busy = Set(try claims.others().map(\.step))
    for hash in plan.closure(targets) where !busy.contains(hash) {
      guard let step = plan.steps[hash], try records.read(step)?.status == .failed else { continue }
      records.remove(step)
    }
  }

  /// Writes the results, in turn with other processes, so that what is newer stays.
  private func publish(_ writer: ResultsWriter, _ records: StepRecords) throws {
    try FileMutex.withLock(folder.mutex) {
      AtomicFile.removeLeftovers(of: folder.results)
      try writer.write(records.read(writer.plan))
    }
  }

  private func conclude(_ plan: SweepPlan, _ targets: [String], _ records: StepRecords) throws {
    let queue = StepQueue(
      plan, targets: targets, records: try records.read(plan), hasProduct: records.hasProduct)
    let lost = targets.filter { queue.failed[$0] != nil || queue.blocked[$0] != nil }
    guard lost.isEmpty else {
      let example = lost[0]
      throw SweepIncomplete(
        failed: lost.count, of: targets.count,
        example: queue.failed[example] ?? queue.blocked[example] ?? "", results: folder.results)
    }
    observe(.note("results: \(folder.results)"))
  }
}

/// A sweep came to its end, but not every cell did.
public struct SweepIncomplete: ExitCodeProviding, CustomStringConvertible {
  let failed: Int
  let of: Int
  let example: String
  let results: String

  public var exitCode: ExitCode { .checkFailed }
  public var description: String {
    "\(failed) of \(of) cells failed, the first: \(example); the others are in \(results); "
      + "repeat the command with --resume to try them again"
  }
}
