/// A scalar as written in YAML: its text and what the text is, by the YAML 1.2
/// core schema (`yes` is text, `1e-4` a number).
struct ConfigurationScalar: Sendable, Equatable {
  let text: String
  let kind: ConfigurationScalarKind

  static let null = ConfigurationScalar(text: "null", kind: .null)

  /// A plain (unquoted) scalar.
  init(plain text: String) {
    self.init(text: text, kind: .of(plain: text))
  }

  init(text: String, kind: ConfigurationScalarKind) {
    self.text = text
    self.kind = kind
  }

  /// How an error tells what stands here.
  var found: String {
    switch kind {
    case .null: "nothing (null)"
    case .text: "'\(quotable(text))'"
    case .boolean, .integer, .number: quotable(text)
    }
  }
}

/// What a scalar is by the YAML 1.2 core schema.
public enum ConfigurationScalarKind: Sendable {
  case null
  case boolean
  case integer
  case number
  case text

  static func of(plain text: String) -> Self {
    switch text {
    case "", "~", "null", "Null", "NULL": .null
    case "true", "True", "TRUE", "false", "False", "FALSE": .boolean
    case ".nan", ".NaN", ".NAN": .number
    case let infinite where [".inf", ".Inf", ".INF"].contains(unsigned(infinite)): .number
    default: ofNumber(text)
    }
  }

  private static func unsigned(_ text: String) -> String {
    text.hasPrefix("-") || text.hasPrefix("+") ? String(text.dropFirst()) : text
  }

  /// `[-+]? ( [0-9]+ ( . [0-9]* )? | . [0-9]+ ) ( [eE] [-+]? [0-9]+ )?`
  private static func ofNumber(_ text: String) -> Self {
    var rest = Substring(unsigned(text))
    func digits() -> Int {
      let run = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(run.count)
      return run.count
    }
    let whole = digits()
    if rest.isEmpty { return whole > 0 ? .integer : .text }
    var fraction = 0
    if rest.first == "." {
      rest = rest.dropFirst()
      fraction = digits()
    }
    guard whole + fraction > 0 else { return .text }
    if rest.first == "e" || rest.first == "E" {
      rest = rest.dropFirst()
      if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
      guard digits() > 0 else { return .text }
    }
    return rest.isEmpty ? .number : .text
  }
}
