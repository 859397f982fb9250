import Diagnostics

/// A section kept as it was written, for a reader that changes single keys before it knows
/// the section's schema: the base of many configurations.
public struct OpenSection: Sendable {
  var node: ConfigurationNode

  public init() {
    node = ConfigurationNode(content: .mapping([]), place: .override(""), path: "")
  }

  init(_ node: ConfigurationNode) { self.node = node }

  /// Whether a value is written at `path`, keys joined by dots.
  public func holds(_ path: String) -> Bool {
    var content = node.content
    for key in path.split(separator: ".") {
      guard case .mapping(let entries) = content,
        let entry = entries.first(where: { $0.key == key })
      else { return false }
      content = entry.value.content
    }
    return true
  }

  /// Whether a section, not null, is written at `path`.
  public func holdsSection(_ path: String) -> Bool {
    var content = node.content
    for key in path.split(separator: ".") {
      guard case .mapping(let entries) = content,
        let entry = entries.first(where: { $0.key == key })
      else { return false }
      content = entry.value.content
    }
    if case .mapping = content { return true }
    return false
  }

  /// The section with the value at `path` replaced or added. Mistakes in the value are
  /// reported where the value was written.
  /// - Throws: `InputError` where a key on the way holds no section.
  public func setting(_ path: String, to value: OpenValue) throws -> OpenSection {
    var copy = self
    let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard keys.allSatisfy({ !$0.isEmpty }), keys.count <= YAMLReader.maximumDepth else {
      throw InputError(
        "\(value.node.place): expected a key like sample.sampling.plan, found "
          + "'\(quotable(path))'")
    }
    try ConfigurationFile.set(value.node, at: keys[...], in: &copy.node, value.node.place)
    return copy
  }

  /// - Throws: `InputError` naming file, line and key of the first mistake.
  public func decode<Schema: ConfigurationSchema>(_ type: Schema.Type = Schema.self) throws
    -> Schema
  {
    var schema = Schema()
    try schema.read(from: node)
    return schema
  }
}

/// A value kept as it was written.
public struct OpenValue: Sendable, CustomStringConvertible {
  let node: ConfigurationNode

  init(_ node: ConfigurationNode) { self.node = node }

  /// A value that no file holds, from YAML.
  /// - Parameter place: what an error calls its place.
  public init(yaml: String, place: String) throws {
    let reader = YAMLReader { _ in .override(place) }
    node =
      try reader.read(yaml)
      ?? ConfigurationNode(content: .scalar(.null), place: .override(place), path: "")
  }

  /// On one line, as YAML has it, without the quotes of a text.
  public var description: String {
    if case .scalar(let scalar) = node.content { return scalar.text }
    return node.flow
  }

  /// Where it was written.
  public var place: String { node.subject }
}

extension ConfigurationFields {
  /// A section whose keys are checked when it is decoded; empty when left out.
  public func open(_ key: String, _ section: inout OpenSection) throws {
    try visit(key) {
      _ = try $0.entries()
      section = OpenSection($0)
    } write: {
      section.node.written
    }
  }

  /// Values under keys that the user chooses, such as dotted paths, in the order of the file.
  public func open(_ key: String, _ values: inout [(key: String, value: OpenValue)]) throws {
    try visit(key) { node in
      values = try node.entries().map { ($0.key, OpenValue($0.value)) }
    } write: {
      .mapping(values.map { ($0.key, $0.value.node.written) })
    }
  }

  /// Lists of values under keys that the user chooses.
  public func open(
    _ key: String, _ lists: inout [(key: String, values: [OpenValue])], count: ClosedRange<Int>
  ) throws {
    try visit(key) { node in
      lists = try node.entries().map { entry in
        guard case .list(let items) = entry.value.content, count.contains(items.count) else {
          throw InputError(
            entry.value.subject, expected: "a list of \(count.lowerBound) to \(count.upperBound)",
            found: entry.value.found)
        }
        return (entry.key, items.map { OpenValue($0) })
      }
    } write: {
      .mapping(
        lists.map { list in
          let items = list.values.map(\.node.flow).joined(separator: ", ")
          return (list.key, .scalar(WrittenScalar(flow: "[\(items)]")))
        })
    }
  }

  /// Sections of values under names that the user chooses: texts of up to 60 characters.
  public func open(
    _ key: String, _ named: inout [(name: String, values: [(key: String, value: OpenValue)])]
  ) throws {
    try visit(key) { node in
      named = try node.entries().map { entry in
        guard (1...60).contains(entry.key.count), !entry.key.contains("/"),
          entry.key == entry.key.withoutControlCharacters
        else {
          throw InputError(
            node.subject, expected: "names of up to 60 characters without '/'",
            found: "'\(quotable(entry.key))'")
        }
        return (entry.key, try entry.value.entries().map { ($0.key, OpenValue($0.value)) })
      }
    } write: {
      .mapping(
        named.map { item in
          (
            WrittenScalar(flow: item.name).asKey,
            .mapping(item.values.map { ($0.key, $0.value.node.written) })
          )
        })
    }
  }
}

extension ConfigurationNode {
  /// As canonical YAML writes it.
  var written: WrittenValue {
    switch content {
    case .scalar, .list: .scalar(WrittenScalar(flow: flow))
    case .mapping(let entries): .mapping(entries.map { ($0.key, $0.value.written) })
    }
  }

  /// On one line.
  var flow: String {
    switch content {
    case .scalar(let scalar): WrittenScalar(scalar).yaml
    case .list(let items): "[\(items.map(\.flow).joined(separator: ", "))]"
    case .mapping(let entries):
      "{\(entries.map { "\($0.key): \($0.value.flow)" }.joined(separator: ", "))}"
    }
  }
}
