import Foundation
import Synchronization

/// Where the time of a run goes: operations of compiled programs, and phases around them.
///
/// Programs that are compiled and phases that begin while a profile is ``current`` report to
/// it; without one they cost nothing.
public final class Profile: Sendable {
  /// The profile of this task and of what it calls. Work handed to other threads takes it along.
  @TaskLocal public static var current: Profile?

  public enum Category: String, Sendable {
    /// An operation of a program.
    case operation
    /// A part of a pipeline, which contains operations and other phases.
    case phase
  }

  /// Spans that are counted together.
  public struct Kind: Hashable, Sendable {
    public let category: Category
    public let name: String
    /// What tells spans of one name apart, such as the operands' shapes.
    public let detail: String
    /// Multiply–adds of one span.
    public let multiplyAdds: Double
    /// The precision of what is multiplied, whose peak is the measure; empty for phases.
    public let precision: String

    public init(
      _ category: Category, _ name: String, detail: String = "", multiplyAdds: Double = 0,
      precision: String = ""
    ) {
      self.category = category
      self.name = name
      self.detail = detail
      self.multiplyAdds = multiplyAdds
      self.precision = precision
    }
  }

  public struct Total: Sendable {
    public let kind: Kind
    public let calls: Int
    public let seconds: Double

    public init(kind: Kind, calls: Int, seconds: Double) {
      self.kind = kind
      self.calls = calls
      self.seconds = seconds
    }
  }

  /// One span; times are nanoseconds from the profile's beginning.
  public struct Event: Sendable {
    public let kind: Int
    /// Of the threads that reported, in the order in which they did first.
    public let thread: Int
    public let start: Int64
    public let end: Int64
  }

  private struct State {
    var kinds: [Kind] = []
    var numbers: [Kind: Int] = [:]
    var calls: [Int] = []
    var nanoseconds: [Int64] = []
    var events: [Event] = []
    var threads: [UInt: Int] = [:]
  }

  /// Spans that are kept one by one; later ones are counted only.
  public let eventLimit: Int
  private let origin = Profile.now
  private let state = Mutex(State())

  public init(eventLimit: Int = 200_000) { self.eventLimit = eventLimit }

  /// Nanoseconds of a clock that only goes forward.
  public static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// The number under which spans of `kind` are recorded.
  public func number(of kind: Kind) -> Int {
    state.withLock { state in
      if let number = state.numbers[kind] { return number }
      let number = state.kinds.count
      state.kinds.append(kind)
      state.calls.append(0)
      state.nanoseconds.append(0)
      state.numbers[kind] = number
      return number
    }
  }

  /// Counts a span of a kind that ``number(of:)`` gave, with times of ``now``.
  public func record(_ number: Int, from start: Int64, to end: Int64) {
    let thread = UInt(pthread_self())
    state.withLock { state in
      guard state.kinds.indices.contains(number) else { return }
      state.calls[number] += 1
      state.nanoseconds[number] += end - start
      guard state.events.count < eventLimit else { return }
      let known = state.threads[thread] ?? state.threads.count
      state.threads[thread] = known
      state.events.append(
        Event(kind: number, thread: known, start: start - origin, end: end - origin))
    }
  }

  /// Runs `body` as a phase of the current profile.
  public static func phase<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    guard let profile = current else { return try body() }
    return try profile.phase(name, body)
  }

  /// Runs `body` as a phase, also where it throws.
  public func phase<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    let start = Profile.now
    defer { record(number(of: Kind(.phase, name)), from: start, to: Profile.now) }
    return try body()
  }

  /// What was spent on each kind, the longest first.
  public var totals: [Total] {
    state.withLock { state in
      state.kinds.indices.map {
        Total(
          kind: state.kinds[$0], calls: state.calls[$0],
          seconds: Double(state.nanoseconds[$0]) / 1e9
        )
      }
    }.filter { $0.calls > 0 }.sorted { ($0.seconds, $1.kind.name) > ($1.seconds, $0.kind.name) }
  }

  /// The first ``eventLimit`` spans, in the order in which they ended.
  public var events: (kinds: [Kind], spans: [Event]) {
    state.withLock { ($0.kinds, $0.events) }
  }
}
