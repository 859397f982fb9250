import Diagnostics
import Foundation

/// A YAML configuration with `--set a.b.c=value` overrides, not yet decoded.
public struct ConfigurationFile: Sendable {
  /// Longer files are refused: configurations are written by people.
  public static let maximumBytes = 256 << 10

  private var root: ConfigurationNode

  /// Reads the file at `path` and applies `overrides` in order, each `a.b.c=value`
  /// with a value in YAML.
  /// - Throws: `InputError` for an unreadable, oversized or invalid file and for
  ///   an override that does not fit.
  public init(path: String, overrides: [String] = []) throws {
    try self.init(text: Self.contents(of: path), name: path, overrides: overrides)
  }

  /// As ``init(path:overrides:)``, from `text`; errors call the file `name`.
  public init(text: String, name: String, overrides: [String] = []) throws {
    let empty = ConfigurationNode(
      content: .mapping([]), place: .file(name, line: 1), path: "")
    root = try YAMLReader { .file(name, line: $0) }.read(text) ?? empty
    if case .scalar(let scalar) = root.content, scalar.kind == .null { root = empty }
    guard case .mapping = root.content else {
      throw InputError(root.subject, expected: "keys and values at the top", found: root.found)
    }
    for override in overrides { try apply(override) }
  }

  /// The values of `type`'s keys, with its defaults for those not given.
  /// - Throws: `InputError` naming file, line and key of the first mistake.
  public func decode<Schema: ConfigurationSchema>(_ type: Schema.Type = Schema.self) throws
    -> Schema
  {
    var schema = Schema()
    try schema.read(from: root)
    return schema
  }

  private static func contents(of path: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw InputError(
        path, expected: "a readable configuration file",
        found: FileManager.default.fileExists(atPath: path) ? "no permission" : "no such file")
    }
    defer { try? handle.close() }
    let data: Data
    do {
      data = try handle.read(upToCount: maximumBytes + 1) ?? Data()
    } catch {
      throw InputError(
        path, expected: "a readable configuration file", found: "\(error.localizedDescription)")
    }
    guard data.count <= maximumBytes else {
      throw InputError(path, expected: "at most \(maximumBytes) bytes", found: "more")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw InputError(path, expected: "UTF-8 text", found: "other bytes")
    }
    return text
  }

  // MARK: Overrides

  private mutating func apply(_ override: String) throws {
    let place = ConfigurationPlace.override(override)
    guard let equals = override.firstIndex(of: "=") else {
      throw InputError("\(place): expected key=value, found no '='")
    }
    let path = String(override[..<equals])
    let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard keys.allSatisfy({ !$0.isEmpty }), keys.count <= YAMLReader.maximumDepth else {
      throw InputError(
        "\(place): expected a key like training.steps, found '\(quotable(path))'")
    }
    let text = String(override[override.index(after: equals)...])
    let reader = YAMLReader { _ in place }
    // What is no YAML is text: a plan like [H1P1R1]x3 needs no second pair of quotes.
    let value =
      (try? reader.read(text, path: path))
      ?? ConfigurationNode(
        content: .scalar(
          text.isEmpty ? .null : ConfigurationScalar(text: text, kind: .text)),
        place: place, path: path)
    try Self.set(value, at: keys[...], in: &root, place)
  }

  static func set(
    _ value: ConfigurationNode, at keys: ArraySlice<String>, in node: inout ConfigurationNode,
    _ place: ConfigurationPlace
  ) throws {
    guard let key = keys.first else {
      node = value
      return
    }
    var entries: [ConfigurationNode.Entry]
    switch node.content {
    case .mapping(let existing): entries = existing
    case .scalar(let scalar) where scalar.kind == .null: entries = []
    case .scalar, .list:
      throw InputError(
        "\(place): \(node.path)", expected: "a section to set \(key) in",
        found: "\(node.found) (\(node.place))")
    }
    let index =
      entries.firstIndex { $0.key == key }
      ?? {
        let empty = ConfigurationNode(content: .mapping([]), place: place, path: node.path(of: key))
        entries.append(.init(key: key, value: empty))
        return entries.count - 1
      }()
    try set(value, at: keys.dropFirst(), in: &entries[index].value, place)
    node.content = .mapping(entries)
  }
}
