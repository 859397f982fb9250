import Diagnostics
import Foundation

/// Pieces of HTML and SVG that are well-formed XML, too. What is put between the tags as text is
/// escaped here and nowhere else.
struct Markup: Sendable {
  let text: String

  private init(raw: String) { text = raw }

  /// Text of any origin.
  init(_ text: String) { self.text = Self.escape(text) }

  static let empty = Markup(raw: "")

  /// Text that this program wrote, such as a style sheet, for elements that hold no markup.
  static func verbatim(_ text: StaticString) -> Markup { Markup(raw: "\(text)") }

  static func joined(_ parts: [Markup]) -> Markup {
    Markup(raw: parts.map(\.text).joined())
  }

  /// - Parameter attributes: in their order; their values are escaped.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
    _ content: [Markup]? = nil
  ) -> Markup {
    let list = attributes.map { " \($0.key)=\"\(escape($0.value))\"" }.joined()
    guard let content else { return Markup(raw: "<\(name)\(list)/>") }
    return Markup(raw: "<\(name)\(list)>\(content.map(\.text).joined())</\(name)>")
  }

  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ content: String
  ) -> Markup {
    element(name, attributes, [Markup(content)])
  }

  /// The five characters that mean something, as numbers, which XML and HTML read alike. Line ends
  /// stay; other control characters, and what XML cannot hold, become `?`.
  static func escape(_ text: String) -> String {
    // Pictures are long and plain.
    if text.utf8.allSatisfy(isPlain) { return text }
    return text.components(separatedBy: "\n").map { line in
      line.withoutControlCharacters.unicodeScalars.map { scalar in
        switch scalar {
        case "&": "&#38;"
        case "<": "&#60;"
        case ">": "&#62;"
        case "\"": "&#34;"
        case "'": "&#39;"
        case "\u{FFFE}", "\u{FFFF}": "?"
        default: String(Character(scalar))
        }
      }.joined()
    }.joined(separator: "\n")
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+")...UInt8(ascii: ";"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "="), UInt8(ascii: " "):
      true
    default: false
    }
  }
}

extension Markup {
  /// A coordinate with a tenth of a pixel's precision.
  static func coordinate(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let text = String(format: "%.1f", value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
