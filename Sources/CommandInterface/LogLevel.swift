import Pipelines

/// How much a command says beside its results, from all to errors alone.
enum LogLevel: String, CaseIterable, Comparable, Sendable {
  /// What was started, and every step of progress without a pause.
  case debug
  case info
  case warning
  case error

  static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

  private var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }

  /// Whether an event is shown at this level. Tables are what commands are run for: they are
  /// results, and shown at every level.
  func shows(_ event: PipelineEvent) -> Bool {
    switch event {
    case .note, .progress, .details: self <= .info
    case .warning: self <= .warning
    case .table: true
    }
  }
}
