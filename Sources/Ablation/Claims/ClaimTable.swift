import Diagnostics
import Files
import Foundation
import Synchronization

/// The claims of one runner beside those of all others of a sweep. A claim is a file, written
/// whole; all looks and changes take turns, so that of two who want a step one gets it.
final class ClaimTable: Sendable {
  enum Outcome: Equatable {
    case mine
    /// Another runner has it.
    case taken(Claim)
    /// Another runner has something beside which nothing may run.
    case blocked(Claim)
  }

  let token = UUID().uuidString
  private let folder: SweepFolder
  private let held = Mutex<Set<String>>([])
  /// Its methods may be called from any thread.
  nonisolated(unsafe) private let timer: any DispatchSourceTimer

  init(_ folder: SweepFolder) throws {
    self.folder = folder
    try AtomicFile.makeDirectory(folder.claims)
    timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + Claim.beat, repeating: Claim.beat)
    timer.setEventHandler { [weak self] in self?.beat() }
    timer.resume()
  }

  /// Gives up all claims.
  func end() {
    timer.cancel()
    for step in held.withLock({ $0 }) { try? release(step) }
  }

  private func path(_ step: String) -> String { "\(folder.claims)/\(step).json" }

  private func turn<Result>(_ body: () throws -> Result) throws -> Result {
    try FileMutex.withLock(folder.mutex, body)
  }

  /// Claims a step that nobody is at work on. An exclusive one is claimed while others are
  /// still at work: who claims it waits until `others()` is empty.
  func claim(_ step: String, isExclusive: Bool) throws -> Outcome {
    try turn {
      let others = try read()
      if let claim = others.first(where: { $0.step == step }) { return .taken(claim) }
      if let claim = others.first(where: \.isExclusive) { return .blocked(claim) }
      try write(step, since: Date(), isExclusive: isExclusive)
      held.withLock { _ = $0.insert(step) }
      return .mine
    }
  }

  /// Ends a claim. Does nothing where it has been taken for dead and is another's by now.
  func release(_ step: String) throws {
    held.withLock { _ = $0.remove(step) }
    try turn { if try claim(of: step)?.token == token { unlink(path(step)) } }
  }

  /// Runs `body` if the claim is still this runner's, in its turn: after a long sleep it
  /// may have been taken for dead.
  func ifStillMine(_ step: String, _ body: () throws -> Void) throws -> Bool {
    try turn {
      guard try claim(of: step)?.token == token else { return false }
      try body()
      return true
    }
  }

  /// The live claims of other runners.
  func others() throws -> [Claim] { try turn { try read() }.filter { $0.token != token } }

  /// The live claims; those of the dead are removed. In turn only.
  private func read() throws -> [Claim] {
    AtomicFile.removeLeftovers(in: folder.claims)
    let now = Date()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.claims)) ?? []
    return try names.sorted().filter { $0.hasSuffix(".json") }.compactMap { name in
      guard let claim = try claim(of: String(name.dropLast(5))) else { return nil }
      guard claim.isLive(at: now) else {
        unlink("\(folder.claims)/\(name)")
        return nil
      }
      return claim
    }
  }

  /// A file that is no claim counts as none: claims are written whole.
  private func claim(of step: String) throws -> Claim? {
    guard FileManager.default.fileExists(atPath: path(step)) else { return nil }
    let file = try ReadOnlyFile(path(step))
    guard file.size < 1 << 16 else { return nil }
    return try? JSONDecoder().decode(Claim.self, from: Data(file.bytes(0..<file.size)))
  }

  private func write(_ step: String, since: Date, isExclusive: Bool) throws {
    let claim = Claim(
      token: token, host: ProcessPlace.current.host, place: ProcessPlace.current.name,
      process: getpid(), processStart: ProcessPlace.start(of: getpid()) ?? "", step: step,
      since: since, heartbeat: Date(), isExclusive: isExclusive)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(encoder.encode(claim)) + [0x0A], to: path(step), durable: false)
  }

  /// Says that this runner lives.
  func beat() {
    for step in held.withLock({ $0 }) {
      // What fails once is tried again at the next beat.
      try? turn {
        guard let claim = try claim(of: step), claim.token == token else { return }
        try write(step, since: claim.since, isExclusive: claim.isExclusive)
      }
    }
  }
}
