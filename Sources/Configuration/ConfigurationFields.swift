import Diagnostics

/// The keys of one section of a configuration, visited in order by
/// ``ConfigurationSchema/fields(_:)``: each call either reads the key into the variable
/// it is given or, when a configuration is printed, writes the variable out.
public final class ConfigurationFields {
  private enum Mode {
    case reading([String: ConfigurationNode], section: ConfigurationNode)
    case writing
  }

  private let mode: Mode
  private let given: [String]
  private var known: [String] = []
  private var missing: InputError?
  private(set) var written: [(key: String, value: WrittenValue)] = []

  init(reading entries: [ConfigurationNode.Entry], of section: ConfigurationNode) {
    mode = .reading(
      Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
      section: section)
    given = entries.map(\.key)
  }

  private init() {
    mode = .writing
    given = []
  }

  static func writing() -> ConfigurationFields { ConfigurationFields() }

  // MARK: Values

  /// A key that must be given.
  public func required<Value: ConfigurationValue>(
    _ key: String, _ value: inout Value, in bounds: ConfigurationBounds<Value>? = nil
  ) throws {
    try visit(key, required: Self.expectation(of: bounds)) {
      value = try Self.value($0, in: bounds)
    } write: {
      .scalar(.init(value))
    }
  }

  /// A key that may be left out; the variable then keeps its default.
  public func optional<Value: ConfigurationValue>(
    _ key: String, _ value: inout Value, in bounds: ConfigurationBounds<Value>? = nil
  ) throws {
    try visit(key) {
      value = try Self.value($0, in: bounds)
    } write: {
      .scalar(.init(value))
    }
  }

  /// A key that may be left out or null.
  public func optional<Value: ConfigurationValue>(
    _ key: String, _ value: inout Value?, in bounds: ConfigurationBounds<Value>? = nil
  ) throws {
    try visit(key) {
      value = $0.isNull ? nil : try Self.value($0, in: bounds)
    } write: {
      .scalar(value.map { .init($0) } ?? .null)
    }
  }

  /// A list with a number of items in `count`; the default when left out.
  public func list<Value: ConfigurationValue>(
    _ key: String, _ values: inout [Value], in bounds: ConfigurationBounds<Value>? = nil,
    count: ClosedRange<Int>
  ) throws {
    try visit(key) {
      values = try Self.list($0, in: bounds, count: count)
    } write: {
      .list(values.map { .init($0) })
    }
  }

  /// A list of exactly two items, such as `[0.9, 0.999]`.
  public func pair<Value: ConfigurationValue>(
    _ key: String, _ first: inout Value, _ second: inout Value,
    in bounds: ConfigurationBounds<Value>? = nil
  ) throws {
    try visit(key) {
      let both = try Self.list($0, in: bounds, count: 2...2)
      (first, second) = (both[0], both[1])
    } write: {
      .list([.init(first), .init(second)])
    }
  }

  /// A key that stands for other keys and is not written back, such as the name of a
  /// preset: `read` gets its value before the keys it presets are visited.
  public func shorthand<Value: ConfigurationValue>(
    _ key: String, _ type: Value.Type, _ read: (Value) throws -> Void
  ) throws {
    try visit(key) {
      let value: Value = try Self.value($0, in: nil)
      try Self.placing($0) { try read(value) }
    } write: {
      nil
    }
  }

  // MARK: Sections

  /// A section with a table of its own; all defaults when left out.
  public func section<Schema: ConfigurationSchema>(_ key: String, _ schema: inout Schema) throws {
    switch mode {
    case .reading(let entries, let section):
      known.append(key)
      if let node = entries[key] {
        try schema.read(from: node)
      } else {
        let absent = ConfigurationNode(
          content: .mapping([]), place: section.place, path: section.path(of: key))
        do {
          try schema.read(from: absent)
        } catch let error as InputError {
          missing = missing ?? error
        }
      }
    case .writing: written.append((key, try schema.written()))
    }
  }

  /// A section that may be left out or null, which is not the same as all defaults.
  public func section<Schema: ConfigurationSchema>(_ key: String, _ schema: inout Schema?) throws {
    try visit(key) {
      guard !$0.isNull else {
        schema = nil
        return
      }
      var read = Schema()
      try read.read(from: $0)
      schema = read
    } write: {
      try schema?.written() ?? .scalar(.null)
    }
  }

  /// Sections under names that the user chooses, in the order of the file; empty when left
  /// out. Names are of letters, digits, '-' and '_'.
  public func sections<Schema: ConfigurationSchema>(
    _ key: String, _ named: inout [(name: String, value: Schema)]
  ) throws {
    try visit(key) { node in
      named = try node.entries().map { entry in
        let isName = entry.key.allSatisfy {
          $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0))
        }
        guard isName, entry.key.first?.isPunctuation == false, entry.key.count <= 40 else {
          throw InputError(
            node.subject, expected: "names of up to 40 letters, digits, '-' and '_'",
            found: "'\(quotable(entry.key))'")
        }
        var schema = Schema()
        try schema.read(from: entry.value)
        return (entry.key, schema)
      }
    } write: {
      .mapping(try named.map { ($0.name, try $0.value.written()) })
    }
  }

  // MARK: The walk

  func visit(
    _ key: String, required expectation: String? = nil,
    read: (ConfigurationNode) throws -> Void, write: () throws -> WrittenValue?
  ) throws {
    switch mode {
    case .reading(let entries, let section):
      known.append(key)
      if let node = entries[key] {
        try read(node)
      } else if let expectation, missing == nil {
        // Reported at the end: a misspelt key explains a missing one.
        missing = InputError(
          "\(section.subject(path: section.path(of: key))): missing key; expected \(expectation)")
      }
    case .writing:
      if let value = try write() { written.append((key, value)) }
    }
  }

  /// Reports keys that are in no table, then required ones that were not given.
  func finish() throws {
    guard case .reading(let entries, let section) = mode else { return }
    if let key = given.first(where: { !known.contains($0) }), let node = entries[key] {
      let advice =
        nearestName(to: key, among: known).map { "did you mean \(section.path(of: $0))?" }
        ?? "valid keys here: \(known.joined(separator: ", "))"
      throw InputError(
        "\(node.subject(path: quotable(node.path, limit: 120))): unknown key; \(advice)")
    }
    if let missing { throw missing }
  }

  /// `problem` with the place of its key, or of the section where the key is left out.
  func placed(_ problem: InvalidField) -> InputError {
    guard case .reading(let entries, let section) = mode else { return InputError("\(problem)") }
    // The field may lie in a section below: `data.size`.
    var place = section.place
    var content = ConfigurationNode.Content.mapping(entries.map { .init(key: $0, value: $1) })
    for key in problem.field.split(separator: ".") {
      guard case .mapping(let below) = content, let node = below.first(where: { $0.key == key })
      else { break }
      (place, content) = (node.value.place, node.value.content)
    }
    return InputError(
      "\(place): \(section.path(of: problem.field))", expected: problem.expected,
      found: problem.found)
  }
}

// MARK: - Reading one node

extension ConfigurationFields {
  private static func expectation<Value: ConfigurationValue>(
    of bounds: ConfigurationBounds<Value>?
  ) -> String {
    Value.expectation + (bounds.map { " \($0.phrase)" } ?? "")
  }

  private static func value<Value: ConfigurationValue>(
    _ node: ConfigurationNode, in bounds: ConfigurationBounds<Value>?
  ) throws -> Value {
    guard let scalar = scalar(node, for: Value.self), Value.kinds.contains(scalar.kind) else {
      let isUnquoted =
        if case .scalar(let scalar) = node.content {
          Value.kinds.contains(.text) && scalar.kind != .null
        } else { false }
      throw InputError(
        node.subject, expected: expectation(of: bounds), found: node.found,
        remedy: isUnquoted ? "write it in quotes to mean text" : nil)
    }
    let value = try placing(node) { try Value(parsing: scalar.text) }
    if let bounds, !bounds.contains(value) {
      throw InputError(node.subject, expected: expectation(of: bounds), found: node.found)
    }
    return value
  }

  private static func scalar<Value: ConfigurationValue>(
    _ node: ConfigurationNode, for type: Value.Type
  ) -> ConfigurationScalar? {
    switch node.content {
    case .scalar(let scalar): return scalar
    case .mapping(let entries):
      guard let separator = type.pairSeparator, entries.count == 1, let entry = entries.first,
        case .scalar(let scalar) = entry.value.content, scalar.kind != .null
      else { return nil }
      return .init(text: entry.key + separator + scalar.text, kind: .text)
    case .list(let items):
      guard let separator = type.listSeparator else { return nil }
      let scalars = items.compactMap { scalar($0, for: Int.self) }
      guard scalars.count == items.count, scalars.allSatisfy({ $0.kind != .null }) else {
        return nil
      }
      return .init(text: scalars.map(\.text).joined(separator: separator), kind: .text)
    }
  }

  private static func list<Value: ConfigurationValue>(
    _ node: ConfigurationNode, in bounds: ConfigurationBounds<Value>?, count: ClosedRange<Int>
  ) throws -> [Value] {
    guard case .list(let items) = node.content, count.contains(items.count) else {
      let size =
        count.lowerBound == count.upperBound
        ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
      throw InputError(
        node.subject, expected: "a list of \(size), each \(expectation(of: bounds))",
        found: node.found)
    }
    return try items.map { try value($0, in: bounds) }
  }

  /// Runs `body`; what it throws about the text gets the node's place.
  private static func placing<Result>(
    _ node: ConfigurationNode, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let error as any ExitCodeProviding where error.exitCode == .badInput {
      throw InputError("\(node.subject): \(error)")
    }
  }
}
