import Diagnostics
import Foundation
import Synchronization

/// Runs jobs one after the other beside the caller, so that files are written while the
/// next batch is computed. Few jobs wait at a time: submitting more waits for them.
final class BackgroundWriter: Sendable {
  typealias Job = @Sendable () throws -> Void

  private let queue = DispatchQueue(label: "background-writer")
  private let places: DispatchSemaphore
  private let failure = Mutex<(any Error)?>(nil)

  /// - Parameter waiting: jobs that may be unfinished at a time.
  init(waiting: Int = 2) { places = DispatchSemaphore(value: waiting) }

  /// - Throws: what an earlier job threw; nothing is run after it.
  func submit(_ job: @escaping Job) throws {
    Profile.phase("wait for the writer") { places.wait() }
    let profile = Profile.current
    queue.async { [self] in
      defer { places.signal() }
      guard failure.withLock({ $0 == nil }) else { return }
      do {
        try Profile.$current.withValue(profile) { try Profile.phase("write", job) }
      } catch {
        failure.withLock { $0 = error }
      }
    }
    try check()
  }

  /// Waits for all jobs.
  func finish() throws {
    Profile.phase("wait for the writer") { wait() }
    try check()
  }

  /// Waits for all jobs, where an error is on its way already.
  func wait() { queue.sync {} }

  /// - Throws: what an earlier job threw.
  func check() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
