/// A configuration printed back as canonical YAML: every key, defaults included, in the
/// order of its schema. It is stored in every output; read again, it gives the same value.
public struct ResolvedConfiguration: Sendable, Equatable, CustomStringConvertible {
  /// The YAML text, ending in a newline.
  public let yaml: String

  public init(_ schema: some ConfigurationSchema) throws {
    var lines: [String] = []
    try schema.written().append(to: &lines, key: nil, indentation: 0)
    yaml = lines.joined(separator: "\n") + "\n"
  }

  public var description: String { yaml }
}

/// What a schema writes for one key.
enum WrittenValue {
  case scalar(WrittenScalar)
  case list([WrittenScalar])
  case mapping([(key: String, value: WrittenValue)])

  func append(to lines: inout [String], key: String?, indentation: Int) {
    let start = String(repeating: " ", count: indentation) + (key.map { "\($0):" } ?? "")
    switch self {
    case .scalar(let scalar):
      lines.append("\(start) \(scalar.yaml)")
    case .list(let items):
      lines.append("\(start) [\(items.map(\.yaml).joined(separator: ", "))]")
    case .mapping(let entries):
      if key != nil { lines.append(entries.isEmpty ? "\(start) {}" : start) }
      for (name, value) in entries {
        value.append(to: &lines, key: name, indentation: key == nil ? 0 : indentation + 2)
      }
    }
  }
}

/// A scalar in the YAML that reads back as the same value.
struct WrittenScalar {
  let yaml: String

  static let null = WrittenScalar(yaml: "null")

  private init(yaml: String) { self.yaml = yaml }

  init<Value: ConfigurationValue>(_ value: Value) {
    let text = value.configurationText
    let isPlain = Self.isPlain(text) && Value.kinds.contains(.of(plain: text))
    yaml = isPlain ? text : Self.quoted(text)
  }

  /// YAML that is on one line already.
  init(flow: String) { yaml = flow }

  /// A scalar as it was read.
  init(_ scalar: ConfigurationScalar) {
    let isPlain = scalar.kind != .text || Self.isPlain(scalar.text)
    yaml =
      isPlain && ConfigurationScalarKind.of(plain: scalar.text) == scalar.kind
      ? (scalar.kind == .null ? "null" : scalar.text) : Self.quoted(scalar.text)
  }

  /// A text as the key of a section.
  var asKey: String { Self.isPlain(yaml) ? yaml : Self.quoted(yaml) }

  /// Whether `text` needs no quotes anywhere in YAML.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    let isWord = text.allSatisfy { character in
      character.isASCII
        && (character.isLetter || character.isNumber || "_./+-<:".contains(character))
    }
    let isNumber = text.dropFirst().first?.isNumber == true
    return isWord && last != ":"
      && (first.isLetter || first.isNumber || "_./".contains(first) || (first == "-" && isNumber))
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: result += "\\\""
      case 0x5C: result += "\\\\"
      case 0x20...0x7E: result.unicodeScalars.append(scalar)
      case 0...0xFFFF: result += "\\u" + hexadecimal(scalar.value, digits: 4)
      default: result += "\\U" + hexadecimal(scalar.value, digits: 8)
      }
    }
    return result + "\""
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
