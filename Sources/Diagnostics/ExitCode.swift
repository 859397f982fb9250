/// The exit codes of every command; the table in `docs/exit-codes.md` repeats this one place.
public enum ExitCode: Int32, Sendable, CaseIterable {
  /// The command did what was asked.
  case done = 0
  /// A check ran and failed: `verify`, or numbers that must be finite and are not.
  case checkFailed = 1
  /// Bad input, configuration or usage.
  case badInput = 2
  /// Stopped early, state saved: the same command with `--resume` continues.
  case stoppedResumable = 3
  /// A fault of the program itself.
  case internalError = 70
}

/// Errors that carry their own exit code; all others end with ``ExitCode/internalError``.
public protocol ExitCodeProviding: Error {
  var exitCode: ExitCode { get }
}

extension InputError: ExitCodeProviding {
  public var exitCode: ExitCode { .badInput }
}
