import Diagnostics
import Yams

/// Turns YAML text into a tree of ``ConfigurationNode``s.
///
/// Anchors, aliases and tags are refused: a configuration is read by people, and
/// aliases can make a short text expand without bound.
struct YAMLReader {
  /// The place of a mark in the text being read.
  let place: (_ line: Int) -> ConfigurationPlace

  static let maximumDepth = 32
  private static let maximumAliases = 4

  /// The root of `text`, or nil when it holds no document.
  func read(_ text: String, path: String = "") throws -> ConfigurationNode? {
    try refuseAliases(in: text)
    do {
      // The nodes hold their anchors weakly: the parser owns them.
      let parser = try Parser(yaml: text, encoding: .utf8)
      return try withExtendedLifetime(parser) {
        try parser.singleRoot().map { try convert($0, path: path, depth: 0) }
      }
    } catch let error as YamlError {
      throw described(error, text)
    }
  }

  /// Composing may already hash an alias used as a key, and with it all it stands for,
  /// so that a text with many is refused before. Few can be harmless text (`'*a'`);
  /// those that are aliases are refused with their anchors, by ``convert(_:path:depth:)``.
  private func refuseAliases(in text: String) throws {
    var count = 0
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where line.first(where: { $0 != " " && $0 != "\t" }) != "#" {
      count += zip(line, line.dropFirst())
        .count { $0 == "*" && ($1.isLetter || $1.isNumber || $1 == "_" || $1 == "-") }
      guard count <= Self.maximumAliases else {
        throw InputError("\(place(index + 1)): aliases (*name) are not allowed; write values out")
      }
    }
  }

  private func convert(_ node: Node, path: String, depth: Int) throws -> ConfigurationNode {
    let place = self.place(node.mark?.line ?? 1)
    // For errors alone: the text of an override is long, and nodes are many.
    var subject: String { path.isEmpty ? "\(place)" : "\(place): \(path)" }
    guard depth <= Self.maximumDepth else {
      throw InputError("\(place): nested deeper than \(Self.maximumDepth) levels")
    }
    guard node.anchor == nil else {
      throw InputError("\(subject): anchors (&name) are not allowed; write values out")
    }
    guard !isTagged(node) else {
      throw InputError("\(subject): tags (!name) are not allowed; quotes make a value text")
    }
    switch node {
    case .alias:
      throw InputError("\(subject): aliases (*name) are not allowed; write values out")
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      return ConfigurationNode(
        content: .scalar(
          isPlain
            ? ConfigurationScalar(plain: scalar.string)
            : ConfigurationScalar(text: scalar.string, kind: .text)),
        place: place, path: path)
    case .sequence(let sequence):
      let items = try sequence.enumerated().map { index, item in
        try convert(item, path: "\(path)[\(index)]", depth: depth + 1)
      }
      return ConfigurationNode(content: .list(items), place: place, path: path)
    case .mapping(let mapping):
      var entries: [ConfigurationNode.Entry] = []
      var seen: Set<String> = []
      for (keyNode, valueNode) in mapping {
        let keyPlace = self.place(keyNode.mark?.line ?? 1)
        guard case .scalar(let scalar) = keyNode, keyNode.anchor == nil else {
          throw InputError("\(keyPlace): a key must be a plain name")
        }
        let key = scalar.string
        let keyPath = path.isEmpty ? key : "\(path).\(key)"
        guard seen.insert(key).inserted else {
          throw InputError("\(keyPlace): \(quotable(keyPath)): duplicate key")
        }
        var value = try convert(valueNode, path: keyPath, depth: depth + 1)
        // A section is found by its key: its value only begins with the first key inside.
        if case .mapping = value.content { value.place = keyPlace }
        entries.append(.init(key: key, value: value))
      }
      return ConfigurationNode(content: .mapping(entries), place: place, path: path)
    }
  }

  /// Whether a tag is written out: the parser gives quoted text one of its own.
  private func isTagged(_ node: Node) -> Bool {
    switch node {
    case .alias: false
    case .scalar(let scalar):
      !["", scalar.style == .plain ? "" : Tag.Name.str.rawValue].contains(scalar.tag.rawValue)
    case .sequence(let sequence): !sequence.tag.rawValue.isEmpty
    case .mapping(let mapping): !mapping.tag.rawValue.isEmpty
    }
  }

  private func described(_ error: YamlError, _ text: String) -> InputError {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let during = context.map { " \($0.text)" } ?? ""
      return InputError(
        "\(place(mark.line)): not valid YAML:\(during) \(problem); "
          + "text that begins with a sign such as [ needs quotes")
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.prefix(3).map { quotable($0) }.joined(separator: ", ")
      return InputError("\(place(context.mark.line)): \(names): duplicate key, first given here")
    case .reader(let problem, let offset, _, _):
      let line = text.prefix(offset ?? 0).count { $0.isNewline } + 1
      return InputError("\(place(line)): not valid YAML: \(problem)")
    case .memory, .no, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      return InputError("\(place(1)): not valid YAML: \(error)")
    }
  }
}
