import Foundation
import Pipelines
import Synchronization

/// What the user sees: notes and tables on standard output, warnings and errors on standard
/// error; a bar that redraws itself on a terminal, a line now and then elsewhere. Nothing is
/// coloured, with `NO_COLOR` or without, and only a terminal that is no `dumb` one is sent
/// anything but text.
public enum Terminal {
  private struct State {
    var level = LogLevel.info
    var isBarShown = false
    var lastLine: [String: ContinuousClock.Instant] = [:]
  }

  private static let state = Mutex(State())
  private static let isTerminal =
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// Shows what counts as much as `level` or more from now on.
  static func use(level: LogLevel) { state.withLock { $0.level = level } }

  private static var level: LogLevel { state.withLock { $0.level } }

  public static let observer: PipelineObserver = { show($0, results: STDOUT_FILENO) }

  /// Leaves standard output to what the command prints itself.
  static let observerBesideOutput: PipelineObserver = { show($0, results: STDERR_FILENO) }

  private static func show(_ event: PipelineEvent, results: Int32) {
    guard level.shows(event) else { return }
    switch event {
    case .note(let text): write(text, to: results)
    case .warning(let text): write("warning: \(text)", to: STDERR_FILENO)
    case .progress(let stage, let done, let total, let detail):
      progress(stage, done, total, detail)
    case .table(let title, let rows), .details(let title, let rows):
      table(title, rows, to: results)
    }
  }

  /// Whether standard output is a terminal that sets text in bold, and nobody asked for plain text
  /// (no-color.org).
  static var outputTakesStyles: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
      && environment["TERM"] != "dumb"
  }

  /// Prints a text that ends its own lines.
  static func output(_ text: String) { put(text, to: STDOUT_FILENO) }

  static func error(_ text: String) { write("error: \(text)", to: STDERR_FILENO) }

  static func debug(_ text: String) {
    guard level <= .debug else { return }
    write("debug: \(text)", to: STDERR_FILENO)
  }

  /// Says how a stopped run goes on: a command that can be typed, or copied, as it is.
  static func resumption(_ command: String) {
    write("resume with: \(command)", to: STDERR_FILENO)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    state.withLock { state in
      if state.isBarShown {
        put("\r\u{1B}[K", to: STDERR_FILENO)
        state.isBarShown = false
      }
      put(text + "\n", to: descriptor)
    }
  }

  private static func put(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  private static func progress(_ stage: String, _ done: Int, _ total: Int, _ detail: String) {
    let now = ContinuousClock.now
    state.withLock { state in
      let interval: Duration =
        isTerminal ? .milliseconds(100) : state.level <= .debug ? .zero : .seconds(5)
      let isFirst = state.lastLine[stage] == nil
      if let last = state.lastLine[stage], done < total, now - last < interval { return }
      if isFirst, done < total, !isTerminal, state.level > .debug {
        // The first line waits, so that short stages print only their end.
        state.lastLine[stage] = now
        return
      }
      state.lastLine[stage] = done < total ? now : nil
      let share = total > 0 ? Double(done) / Double(total) : 1
      if isTerminal {
        let width = 24
        let filled = Int(share * Double(width))
        let bar =
          String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        put("\r\u{1B}[K\(stage) \(bar) \(done)/\(total)  \(detail)", to: STDERR_FILENO)
        state.isBarShown = done < total
        if done >= total { put("\n", to: STDERR_FILENO) }
      } else {
        put("\(stage) \(done)/\(total)  \(detail)\n", to: STDERR_FILENO)
      }
    }
  }

  private static func table(_ title: String, _ rows: [[String]], to descriptor: Int32) {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var lines = [title]
    for (number, row) in rows.enumerated() {
      let cells = row.enumerated().map { column, text in
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + padding : padding + text
      }
      lines.append("  " + cells.joined(separator: "  "))
      if number == 0 {
        lines.append(
          "  " + widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "))
      }
    }
    write(lines.joined(separator: "\n"), to: descriptor)
  }
}
