/// Something a user gave cannot be used: a file, a configuration key, a tensor.
///
/// Its description is one line that names the subject, what was expected, what
/// was found and what to do. Commands print it and exit with ``ExitCode/badInput``.
public struct InputError: Error, Sendable, CustomStringConvertible {
  public let description: String

  /// - Parameters:
  ///   - subject: the file, key or tensor at fault.
  ///   - expected: what would have been right.
  ///   - found: what is there instead.
  ///   - remedy: what the user can do about it.
  public init(_ subject: String, expected: String, found: String, remedy: String? = nil) {
    let advice = remedy.map { "; \($0)" } ?? ""
    self.init("\(subject): expected \(expected), found \(found)\(advice)")
  }

  public init(_ message: String) {
    description = message.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
