import Diagnostics

/// A struct of options with a YAML form. One table, ``fields(_:)``, says its keys, in
/// their canonical order, for reading and for writing alike:
///
///     extension OptimizerOptions: ConfigurationSchema {
///       public mutating func fields(_ table: ConfigurationFields) throws {
///         try table.optional("learningRate", &learningRate, in: .above(0))
///         try table.optional("gradientClip", &gradientClip, in: .above(0))
///       }
///     }
///
/// Reading replaces the values whose keys are given and leaves the others at what
/// ``init()`` set: the defaults stand with the struct. A key that is not in the table is
/// an error.
public protocol ConfigurationSchema {
  /// The defaults. Required fields hold placeholders until they are read.
  init()

  mutating func fields(_ table: ConfigurationFields) throws

  /// Rules over several fields, checked once all are read.
  /// - Throws: `InvalidField`, whose field is one of the table's keys.
  func validate() throws
}

extension ConfigurationSchema {
  public func validate() throws {}

  mutating func read(from node: ConfigurationNode) throws {
    let table = ConfigurationFields(reading: try node.entries(), of: node)
    try fields(table)
    try table.finish()
    do {
      try validate()
    } catch let problem as InvalidField {
      throw table.placed(problem)
    }
  }

  func written() throws -> WrittenValue {
    var copy = self
    let table = ConfigurationFields.writing()
    try copy.fields(table)
    return .mapping(table.written)
  }
}

extension ConfigurationNode {
  /// The entries of a section; one whose keys are all commented out is empty.
  func entries() throws -> [Entry] {
    switch content {
    case .mapping(let entries): return entries
    case .scalar(let scalar) where scalar.kind == .null: return []
    case .scalar, .list: throw InputError(subject, expected: "a section of keys", found: found)
    }
  }

  var isNull: Bool {
    if case .scalar(let scalar) = content { scalar.kind == .null } else { false }
  }
}
