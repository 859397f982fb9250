import Diagnostics

/// Why a pickle is refused and at which of its bytes; whoever knows the file makes an
/// `InputError` of it.
struct PickleError: Error {
  /// Of the opcode at fault, from the start of the pickle's member or file.
  let offset: Int
  let expected: String
  let found: String
  var remedy: String?

  /// - Parameter subject: the file, and the member of it if there are several.
  func inputError(_ subject: String) -> InputError {
    InputError("\(subject): byte \(offset)", expected: expected, found: found, remedy: remedy)
  }
}

/// Text out of a file as a message can show it: short and without control characters.
func printable(_ text: some StringProtocol) -> String {
  let shown = text.unicodeScalars.prefix(100).map { scalar in
    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      ? "?" : String(Character(scalar))
  }
  return shown.joined() + (text.unicodeScalars.dropFirst(100).isEmpty ? "" : "…")
}
