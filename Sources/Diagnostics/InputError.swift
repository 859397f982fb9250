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
    let line = message.shortened.split(whereSeparator: \.isNewline).joined(separator: " ")
    // Names come from files that anyone may have made: they must not steer the terminal.
    description = line.withoutControlCharacters
  }
}

extension String {
  /// The most bytes that stay of a message; the longest path has 4096.
  fileprivate static let longest = 6000
  private static let longestEnd = 1000

  /// The text with its middle left out where a value in it is too long for people.
  fileprivate var shortened: String {
    guard utf8.count > Self.longest else { return self }
    let start = utf8.prefix(Self.longest - Self.longestEnd)
    return String(decoding: start, as: UTF8.self) + " … "
      + String(decoding: utf8.suffix(Self.longestEnd), as: UTF8.self)
  }
}

extension StringProtocol {
  /// The text with `?` for each character that a terminal would obey or hide.
  public var withoutControlCharacters: String {
    guard unicodeScalars.contains(where: \.isControl) else { return String(self) }
    return String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? "?" : $0 }))
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool {
    // Most text is ASCII; the categories of the rest are slow to look up.
    isASCII
      ? value < 0x20 || value == 0x7F
      : properties.generalCategory == .control || properties.generalCategory == .format
  }
}
