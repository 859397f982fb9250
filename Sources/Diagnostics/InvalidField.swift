/// A field of an option struct holds a value that cannot be used.
///
/// Option structs know their rules but not where a value came from; whoever read
/// the value (a configuration file, a flag) adds the place. Thrown as it is, it
/// reads like any other ``InputError``.
public struct InvalidField: ExitCodeProviding, Sendable, Equatable, CustomStringConvertible {
  /// The field's name, as users write it.
  public let field: String
  public let expected: String
  public let found: String

  public init(_ field: String, expected: String, found: String) {
    self.field = field
    self.expected = expected
    self.found = found
  }

  public var exitCode: ExitCode { .badInput }
  public var description: String { "\(field): expected \(expected), found \(found)" }
}
