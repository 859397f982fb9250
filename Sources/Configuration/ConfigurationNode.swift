import Diagnostics

/// Where a part of a configuration was written.
enum ConfigurationPlace: Sendable, CustomStringConvertible {
  case file(String, line: Int)
  case override(String)

  var description: String {
    switch self {
    case .file(let name, let line): "\(name):\(line)"
    case .override(let text): "--set \(quotable(text, limit: 80))"
    }
  }
}

/// One node of a configuration: what was written, where, and under which key.
struct ConfigurationNode: Sendable {
  struct Entry: Sendable {
    let key: String
    var value: ConfigurationNode
  }

  enum Content: Sendable {
    case scalar(ConfigurationScalar)
    case list([ConfigurationNode])
    case mapping([Entry])
  }

  var content: Content
  /// The line of the value, or of the key for a mapping.
  var place: ConfigurationPlace
  /// The keys from the root, joined by dots; empty for the root.
  let path: String

  /// The path of `key` in this mapping.
  func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// How an error names this node: `configs/refiner.yaml:12: training.steps`.
  var subject: String { subject(path: path) }

  func subject(path: String) -> String { path.isEmpty ? "\(place)" : "\(place): \(path)" }

  /// How an error tells what stands here.
  var found: String {
    switch content {
    case .scalar(let scalar): scalar.found
    case .list(let items): "a list of \(items.count)"
    case .mapping: "a section"
    }
  }
}

/// `text` fit for one line of an error: control characters escaped, long texts cut.
func quotable(_ text: String, limit: Int = 60) -> String {
  var shown = ""
  for scalar in text.unicodeScalars.prefix(limit) {
    shown +=
      scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : "\(scalar)"
  }
  return text.unicodeScalars.dropFirst(limit).isEmpty ? shown : shown + "…"
}
